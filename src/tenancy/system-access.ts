import { Injectable } from '@nestjs/common';
import { scopeStore, type SystemReason } from './scope-store.js';

/**
 * Access to global and work data, for a named reason. Tenant-owned data stays closed inside: what is found here
 * is handled afterwards inside TenantRunner for its tenant.
 */
@Injectable()
export class SystemAccess {
  run<T>(reason: SystemReason, work: () => Promise<T>): Promise<T> {
    return scopeStore.runAsSystem(reason, work);
  }
}

/** Options that mark an insert of global or work data with its reason; queries are marked by their hook. */
export function systemComment(): { comment: string } {
  const reason = scopeStore.systemReason();
  if (!reason) throw new Error('Global and work data need SystemAccess.run with a reason');
  return { comment: `voho:${reason}` };
}
