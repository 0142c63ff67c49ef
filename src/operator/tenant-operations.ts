import { isDeepStrictEqual } from 'node:util';
import { Injectable } from '@nestjs/common';
import { Sealer } from '../events/sealer.js';
import { type AuditEntry, AuditLog } from '../modules/audit/audit-log.js';
import { UnitOfWork } from '../mongo/unit-of-work.js';
import { TenantDirectory } from '../tenancy/tenant-directory.js';
import { TenantRunner } from '../tenancy/tenant-runner.js';
import type {
  LegalHold,
  PhoneLimits,
  TenantDocument,
  TenantLimits,
  TenantPhone,
} from '../tenancy/tenant.schema.js';
import { OperatorError } from './operator-error.js';
import { operatorScope } from './operator-scope.js';
import type { PlatformPhoneChange } from './phone-options.js';
import { platformPhoneAfter } from './platform-phone.js';

/** A tenant after a command, and whether the command has changed anything. */
export interface Outcome {
  readonly tenant: TenantDocument;
  readonly isChanged: boolean;
}

/** What only the operator of the server may do to tenants. Each change is recorded in the tenant's audit log. */
@Injectable()
export class TenantOperations {
  constructor(
    private readonly tenants: TenantDirectory,
    private readonly runner: TenantRunner,
    private readonly work: UnitOfWork,
    private readonly audit: AuditLog,
    private readonly sealer: Sealer,
  ) {}

  /** All tenants, by subdomain. */
  list(): Promise<TenantDocument[]> {
    return this.tenants.list();
  }

  /** @throws OperatorError when there is no such tenant. */
  async find(subdomain: string): Promise<TenantDocument> {
    const tenant = await this.tenants.findBySubdomain(subdomain);
    if (!tenant) throw new OperatorError(`There is no tenant "${subdomain}".`);
    return tenant;
  }

  /** A tenant that may still be changed. @throws OperatorError when there is none, and when it is being deleted. */
  async findKept(subdomain: string): Promise<TenantDocument> {
    const tenant = await this.find(subdomain);
    if (tenant.deletingSince) throw new OperatorError(`The tenant "${subdomain}" is being deleted.`);
    return tenant;
  }

  /** Closes a tenant for everybody. Its data stays. @throws OperatorError when there is no such tenant. */
  suspend(subdomain: string, reason: string | null): Promise<Outcome> {
    return this.change(subdomain, tenant =>
      tenant.isActive
        ? { set: { isActive: false }, entry: { action: 'tenant.suspended', details: { reason } } }
        : null,
    );
  }

  /** Opens a suspended tenant again. @throws OperatorError when there is no such tenant. */
  resume(subdomain: string): Promise<Outcome> {
    return this.change(subdomain, tenant =>
      tenant.isActive ? null : { set: { isActive: true }, entry: { action: 'tenant.resumed' } },
    );
  }

  /** Puts a tenant under a legal hold, or releases it with null. @throws OperatorError when there is no such tenant. */
  setHold(subdomain: string, hold: LegalHold | null): Promise<Outcome> {
    return this.change(subdomain, tenant => {
      if (Boolean(tenant.hold) === Boolean(hold)) return null;
      return {
        set: { hold },
        entry: hold
          ? { action: 'tenant.held', details: { reason: hold.reason } }
          : { action: 'tenant.released' },
      };
    });
  }

  /** Marks a tenant whose calls are always simulated, or takes the mark back. @throws OperatorError when there is none. */
  setSandbox(subdomain: string, isSandbox: boolean): Promise<Outcome> {
    return this.change(subdomain, tenant =>
      (tenant.isSandbox ?? false) === isSandbox
        ? null
        : { set: { isSandbox }, entry: { action: 'tenant.sandbox_changed', details: { isSandbox } } },
    );
  }

  /** Sets the number that phone calls on the tenant's own account come from. @throws OperatorError when there is none. */
  setPhone(subdomain: string, phone: TenantPhone | null): Promise<Outcome> {
    return this.change(subdomain, ({ phone: from }) =>
      from?.callerId === phone?.callerId && from?.carrier === phone?.carrier
        ? null
        : {
            set: { phone },
            entry: { action: 'tenant.phone_changed', details: { phone: phone && { ...phone } } },
          },
    );
  }

  /**
   * Allows phone calls on the platform's account, or takes that back with null.
   * @throws OperatorError when there is no such tenant, or no country is named that it may call.
   */
  setPlatformPhone(subdomain: string, change: PlatformPhoneChange | null): Promise<Outcome> {
    return this.change(subdomain, ({ platformPhone }) => {
      const from = platformPhone ?? null;
      const to = platformPhoneAfter(from, change);
      if (isDeepStrictEqual(from, to)) return null;
      const shown = (phone: typeof to) =>
        phone && { countries: [...phone.countries], ...boundsOf(phone.limits) };
      return {
        set: { platformPhone: to },
        entry: { action: 'tenant.platform_phone_changed', details: { from: shown(from), to: shown(to) } },
      };
    });
  }

  /** Sets the limits that are given. @throws OperatorError when there is no such tenant. */
  limit(subdomain: string, given: Partial<TenantLimits>): Promise<Outcome> {
    return this.change(subdomain, ({ limits: from }) => {
      const to: TenantLimits = { ...from, ...given };
      const fields = ['maxConcurrentCalls', 'requestsPerMinute', 'monthlyCallMinutes'] as const;
      const changed = fields.filter(field => from[field] !== to[field]);
      const pick = (limits: TenantLimits) => Object.fromEntries(changed.map(field => [field, limits[field]]));
      return changed.length === 0
        ? null
        : {
            set: { limits: to },
            entry: { action: 'tenant.limits_changed', details: { from: pick(from), to: pick(to) } },
          };
    });
  }

  private async change(
    subdomain: string,
    decide: (tenant: TenantDocument) => { set: Partial<TenantDocument>; entry: AuditEntry } | null,
  ): Promise<Outcome> {
    const found = await this.find(subdomain);
    const outcome = await this.runner.run(operatorScope(found), () =>
      this.work.run(async (): Promise<Outcome> => {
        const before = await this.findKept(subdomain);
        const change = decide(before);
        if (!change) return { tenant: before, isChanged: false };
        const tenant = await this.tenants.update(before._id, { $set: change.set });
        if (!tenant) throw new OperatorError(`The tenant "${subdomain}" has just been deleted.`);
        await this.audit.record(change.entry);
        return { tenant, isChanged: true };
      }),
    );
    // This process is about to end: the row should be in its chain by then. If not, any server does it.
    if (outcome.isChanged) await this.sealer.seal(found._id, 'audit').catch(() => undefined);
    return outcome;
  }
}

const boundsOf = ({ tenant, country, number }: PhoneLimits) => ({
  tenant: { ...tenant },
  country: { ...country },
  number: { ...number },
});
