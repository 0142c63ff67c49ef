import { setImmediate as turn } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { type TenantKey, tenantKey } from '../../ids/tenant-key.js';
import { TenantContext } from '../../tenancy/tenant-context.js';
import type { TenantScope } from '../../tenancy/tenant-scope.js';
import { AuditLog } from './audit-log.js';
import { OnceInAWhile } from './once-in-a-while.js';

/** What is recorded when somebody reads it. */
export type Accessed = 'transcript' | 'summary' | 'recording' | 'export';

const WHILE_MS = 10 * 60_000;

/** What one operation reads in one turn: one row for a whole list. */
interface Batch {
  readonly ids: string[];
  readonly recorded: Promise<void>;
}

/**
 * Puts on record who reads what was said: as `data.accessed`, once in ten minutes for each viewer and thing, and in one
 * row for what an operation reads at a time. A read that cannot be recorded does not happen.
 */
@Injectable()
export class AccessRecords {
  private readonly recent = new OnceInAWhile<TenantKey>(WHILE_MS);
  private readonly batches = new Map<TenantKey, Batch>();

  constructor(
    private readonly audit: AuditLog,
    private readonly context: TenantContext,
  ) {}

  /**
   * Resolves once it is on record that the running scope's viewer reads something; `id` is its public id. What the
   * server itself reads is not recorded.
   */
  async note(what: Accessed, id: string): Promise<void> {
    const { scope, tenant } = this.context;
    const reader = readerOf(scope);
    if (reader === null) return;
    // The holders of one link are told apart by their addresses.
    const from = scope.viewer.kind === 'link' ? (scope.origin.ip ?? '') : '';
    const key = tenantKey(tenant.id, reader, from, what, id);
    if (!this.recent.isFirst(key)) return;
    try {
      await this.join(tenantKey(tenant.id, scope.requestId, reader, from, what), what, id);
    } catch (error) {
      this.recent.forget(key);
      throw error;
    }
  }

  private join(name: TenantKey, what: Accessed, id: string): Promise<void> {
    const open = this.batches.get(name);
    if (open) {
      open.ids.push(id);
      return open.recorded;
    }
    const ids = [id];
    const recorded = turn().then(async () => {
      this.batches.delete(name);
      await this.audit.record({ action: 'data.accessed', details: { what, ids } });
    });
    this.batches.set(name, { ids, recorded });
    return recorded;
  }
}

/** Who reads, as far as it is a person, a program outside or a signed link. */
function readerOf({ viewer }: TenantScope): string | null {
  switch (viewer.kind) {
    case 'user':
      return viewer.userId.toHexString();
    case 'key':
      return viewer.keyId.toHexString();
    case 'link':
      return viewer.label;
    case 'system':
    case 'anonymous':
      return null;
  }
}
