import { Injectable, Logger } from '@nestjs/common';
import { AccessDeniedError } from '../../auth/access.guard.js';
import { type AuditEntry, AuditLog } from '../../modules/audit/audit-log.js';
import { OnceInAWhile } from '../../modules/audit/once-in-a-while.js';
import { ForeignCursorError } from '../../pagination/cursor-codec.js';
import { scopeStore } from '../../tenancy/scope-store.js';

/** One row a minute for each viewer and kind: a client that goes on trying must not fill the log. */
const WHILE_MS = 60_000;

/** Puts refusals on record that tell of somebody who tries what he may not. */
@Injectable()
export class RefusalRecords {
  private readonly logger = new Logger('RefusalRecords');
  private readonly recent = new OnceInAWhile(WHILE_MS);

  constructor(private readonly audit: AuditLog) {}

  /** Notes an error that the running scope's viewer is about to be told. Its answer does not wait for the record. */
  note(error: Error): void {
    const entry = entryOf(error);
    const { tenant, viewer } = scopeStore.scope() ?? {};
    if (!entry || !tenant || (viewer?.kind !== 'user' && viewer?.kind !== 'key')) return;
    const who = viewer.kind === 'user' ? viewer.userId : viewer.keyId;
    if (!this.recent.isFirst(`${who.toHexString()} ${JSON.stringify(entry)}`)) return;
    this.audit.record(entry).catch((failure: unknown) => {
      this.logger.warn(`A refusal was not recorded: ${(failure as Error).message}`);
    });
  }
}

function entryOf(error: Error): AuditEntry | null {
  if (error instanceof AccessDeniedError)
    return { action: 'security.access_denied', details: { permission: error.permission } };
  if (error instanceof ForeignCursorError)
    return {
      action: 'security.tenant_violation',
      details: { named: `a cursor of another tenant's ${error.list}` },
    };
  return null;
}
