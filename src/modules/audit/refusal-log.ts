import { type BeforeApplicationShutdown, Injectable, Logger } from '@nestjs/common';
import { type TenantKey, tenantKey } from '../../ids/tenant-key.js';
import { addressGroup } from '../../tenancy/address-group.js';
import { TenantContext } from '../../tenancy/tenant-context.js';
import { TenantRunner } from '../../tenancy/tenant-runner.js';
import type { TenantScope } from '../../tenancy/tenant-scope.js';
import { type AuditEntry, AuditLog } from './audit-log.js';

/** The least time between two rows of one sender about one kind of refusal. */
const WINDOW_MS = 60_000;
/** Senders that have rows of their own, of one tenant and kind at a time. All others share one row a minute. */
const MOST_SENDERS = 20;

/** A refusal that has its row, and those of its kind that have come since. */
interface Window {
  scope: TenantScope;
  entry: AuditEntry;
  /** Refusals without a row. */
  count: number;
  timer: NodeJS.Timeout;
}

/**
 * Puts refusals on record without letting their senders fill the log. The first refusal of a kind has a row at once.
 * Those that follow are counted, and have one row a minute, whose details are the latest one's with a `count`. What is
 * counted and not yet written is lost when the process dies, and written when it stops in order.
 */
@Injectable()
export class RefusalLog implements BeforeApplicationShutdown {
  private readonly logger = new Logger('RefusalLog');
  private readonly windows = new Map<TenantKey, Window>();
  /** How many windows are open for each tenant and kind. */
  private readonly senders = new Map<TenantKey, number>();

  constructor(
    private readonly audit: AuditLog,
    private readonly runner: TenantRunner,
    private readonly context: TenantContext,
  ) {}

  /**
   * Records a refusal of the running scope's viewer in the running scope's tenant, or counts it. Ask the limits first.
   * @param about what tells kinds of one action apart; never anything that the sender chooses.
   * @throws when the row of a first refusal cannot be stored.
   */
  async record(entry: AuditEntry, about = ''): Promise<void> {
    const { scope, tenant } = this.context;
    const kind = tenantKey(tenant.id, entry.action, about);
    const key = this.keyOf(kind, tenantKey(tenant.id, entry.action, about, senderOf(scope)));
    const open = this.windows.get(key);
    if (open) {
      Object.assign(open, { scope, entry, count: open.count + 1 });
      return;
    }
    this.open(key, kind, { scope, entry });
    try {
      await this.audit.record(entry);
    } catch (error) {
      this.close(key, kind);
      throw error;
    }
  }

  /** Writes what has been counted and is not on record yet. */
  async flush(): Promise<void> {
    await Promise.all([...this.windows.values()].map(window => this.write(window)));
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.flush();
    for (const { timer } of this.windows.values()) clearTimeout(timer);
    this.windows.clear();
  }

  /** A sender's own key, or the one that all others share where too many have one. */
  private keyOf(kind: TenantKey, own: TenantKey): TenantKey {
    return this.windows.has(own) || (this.senders.get(kind) ?? 0) < MOST_SENDERS ? own : kind;
  }

  private open(key: TenantKey, kind: TenantKey, refusal: Pick<Window, 'scope' | 'entry'>): void {
    const timer = setTimeout(() => void this.endWindow(key, kind), WINDOW_MS).unref();
    this.windows.set(key, { ...refusal, count: 0, timer });
    this.senders.set(kind, (this.senders.get(kind) ?? 0) + 1);
  }

  private close(key: TenantKey, kind: TenantKey): void {
    const window = this.windows.get(key);
    if (!window) return;
    clearTimeout(window.timer);
    this.windows.delete(key);
    const left = (this.senders.get(kind) ?? 1) - 1;
    if (left > 0) this.senders.set(kind, left);
    else this.senders.delete(kind);
  }

  /** Goes on with another window where something has been counted in this one. */
  private async endWindow(key: TenantKey, kind: TenantKey): Promise<void> {
    const window = this.windows.get(key);
    if (!window) return;
    if (window.count === 0) {
      this.close(key, kind);
      return;
    }
    window.timer = setTimeout(() => void this.endWindow(key, kind), WINDOW_MS).unref();
    await this.write(window);
  }

  private async write(window: Window): Promise<void> {
    const { scope, entry, count } = window;
    if (count === 0) return;
    window.count = 0;
    try {
      const counted = { ...entry, details: { ...entry.details, count } };
      await this.runner.run(scope, () => this.audit.record(counted));
    } catch (error) {
      window.count += count;
      this.logger.warn(`Refusals were not recorded: ${(error as Error).message}`);
    }
  }
}

/** Who sends: a person, a program, or an address. */
function senderOf({ viewer, origin }: TenantScope): string {
  switch (viewer.kind) {
    case 'user':
      return viewer.userId.toHexString();
    case 'key':
      return viewer.keyId.toHexString();
    case 'system':
      return viewer.label;
    case 'link':
    case 'anonymous':
      return `address ${addressGroup(origin.ip ?? '')}`;
  }
}
