import { Injectable } from '@nestjs/common';
import { boundedRead } from './bounded-read.js';
import { scopeStore, type SystemReason } from './scope-store.js';

/**
 * Access to global and work data, for a named reason. Tenant-owned data stays closed inside: what is found here
 * is handled afterwards inside TenantRunner for its tenant.
 */
@Injectable()
export class SystemAccess {
  run<T>(reason: SystemReason, work: () => Promise<T>): Promise<T> {
    return boundedRead(() => scopeStore.runAsSystem(reason, work));
  }
}
