import { Injectable } from '@nestjs/common';
import { UsersRepository } from '../auth/users.repository.js';
import { Sealer } from '../events/sealer.js';
import { toPublicId } from '../ids/public-id.js';
import { AuditLog } from '../modules/audit/audit-log.js';
import { UnitOfWork } from '../mongo/unit-of-work.js';
import { TenantRunner } from '../tenancy/tenant-runner.js';
import type { LegalHold } from '../tenancy/tenant.schema.js';
import { OperatorError } from './operator-error.js';
import { operatorScope } from './operator-scope.js';
import { TenantOperations } from './tenant-operations.js';

/** What only the operator of the server may do to people. Each change is recorded in their tenant's audit log. */
@Injectable()
export class UserOperations {
  constructor(
    private readonly tenants: TenantOperations,
    private readonly users: UsersRepository,
    private readonly runner: TenantRunner,
    private readonly work: UnitOfWork,
    private readonly audit: AuditLog,
    private readonly sealer: Sealer,
  ) {}

  /**
   * Puts a person under a legal hold, or releases him with null. Returns whether that has changed anything.
   * @throws OperatorError when there is no such person.
   */
  async setHold(subdomain: string, email: string, hold: LegalHold | null): Promise<boolean> {
    const tenant = await this.tenants.find(subdomain);
    const isChanged = await this.runner.run(operatorScope(tenant), () =>
      this.work.run(async () => {
        await this.tenants.findKept(subdomain);
        const user = await this.users.findByEmail(email.toLowerCase());
        if (!user) throw new OperatorError(`There is nobody with that address in "${subdomain}".`);
        if (Boolean(user.hold) === Boolean(hold)) return false;
        await this.users.change(user._id, { $set: { hold } });
        const userId = toPublicId('user', user._id);
        await this.audit.record(
          hold
            ? { action: 'user.held', details: { userId, reason: hold.reason } }
            : { action: 'user.released', details: { userId } },
        );
        return true;
      }),
    );
    if (isChanged) await this.sealer.seal(tenant._id, 'audit').catch(() => undefined);
    return isChanged;
  }
}
