import { setImmediate as turn } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { TenantContext } from '../../tenancy/tenant-context.js';
import type { TenantScope } from '../../tenancy/tenant-scope.js';
import { AuditLog } from './audit-log.js';
import { OnceInAWhile } from './once-in-a-while.js';

/** What is recorded when somebody reads it. */
export type Accessed = 'transcript' | 'recording' | 'export';

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
  private readonly recent = new OnceInAWhile(WHILE_MS);
  private readonly batches = new Map<string, Batch>();

  constructor(
    private readonly audit: AuditLog,
    private readonly context: TenantContext,
  ) {}

  /**
   * Resolves once it is on record that the running scope's viewer reads something; `id` is its public id. What the
   * server itself reads is not recorded.
   * @param by who reads it, where that is not the scope's viewer, such as whoever has a signed link.
   */
  async note(what: Accessed, id: string, by?: string): Promise<void> {
    const { scope, tenant } = this.context;
    const reader = by ?? readerOf(scope);
    if (reader === null) return;
    const from = by === undefined ? '' : (scope.origin.ip ?? '');
    const key = [tenant.id.toHexString(), reader, from, what, id].join(' ');
    if (!this.recent.isFirst(key)) return;
    try {
      await this.join([scope.requestId, reader, what].join(' '), what, id, by);
    } catch (error) {
      this.recent.forget(key);
      throw error;
    }
  }

  private join(name: string, what: Accessed, id: string, by: string | undefined): Promise<void> {
    const open = this.batches.get(name);
    if (open) {
      open.ids.push(id);
      return open.recorded;
    }
    const ids = [id];
    const recorded = turn().then(async () => {
      this.batches.delete(name);
      const actor = by === undefined ? {} : { actor: { id: null, label: by } };
      await this.audit.record({ action: 'data.accessed', details: { what, ids }, ...actor });
    });
    this.batches.set(name, { ids, recorded });
    return recorded;
  }
}

/** Who reads, as far as it is a person or a program outside. */
function readerOf({ viewer }: TenantScope): string | null {
  switch (viewer.kind) {
    case 'user':
      return viewer.userId.toHexString();
    case 'key':
      return viewer.keyId.toHexString();
    case 'system':
    case 'anonymous':
      return null;
  }
}
