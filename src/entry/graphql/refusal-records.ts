import { Injectable, Logger } from '@nestjs/common';
import { AccessDeniedError } from '../../auth/access.guard.js';
import type { AuditEntry } from '../../modules/audit/audit-log.js';
import { RefusalLog } from '../../modules/audit/refusal-log.js';
import { ForeignCursorError } from '../../pagination/cursor-codec.js';
import { scopeStore } from '../../tenancy/scope-store.js';

/** Puts refusals of operations on record that tell of an attempt at what is not allowed. */
@Injectable()
export class RefusalRecords {
  private readonly logger = new Logger('RefusalRecords');

  constructor(private readonly refusals: RefusalLog) {}

  /** Notes an error that the running scope's viewer is about to be told. Its answer does not wait for the record. */
  note(error: Error): void {
    const found = entryOf(error);
    const { tenant, viewer } = scopeStore.scope() ?? {};
    if (!found || !tenant || (viewer?.kind !== 'user' && viewer?.kind !== 'key')) return;
    this.refusals.record(found.entry, found.about).catch((failure: unknown) => {
      this.logger.warn(`A refusal was not recorded: ${(failure as Error).message}`);
    });
  }
}

function entryOf(error: Error): { readonly entry: AuditEntry; readonly about: string } | null {
  if (error instanceof AccessDeniedError) {
    const details = { permission: error.permission };
    return { entry: { action: 'security.access_denied', details }, about: error.permission ?? '' };
  }
  if (error instanceof ForeignCursorError) {
    const details = { named: `a cursor of another tenant's ${error.list}` };
    return { entry: { action: 'security.tenant_violation', details }, about: error.list };
  }
  return null;
}
