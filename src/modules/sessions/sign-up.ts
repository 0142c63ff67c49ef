import { Inject, Injectable } from '@nestjs/common';
import { AttemptLimits } from '../../auth/attempt-limits.js';
import { Passwords } from '../../auth/passwords.js';
import type { UserDocument } from '../../auth/user.schema.js';
import { UsersRepository } from '../../auth/users.repository.js';
import { SETTINGS, type Settings } from '../../config/settings.js';
import { conflict } from '../../errors/domain-error.js';
import { toPublicId } from '../../ids/public-id.js';
import { isDuplicateKey } from '../../mongo/duplicate-key.js';
import { newObjectId } from '../../mongo/object-id.js';
import { UnitOfWork } from '../../mongo/unit-of-work.js';
import { TenantContext } from '../../tenancy/tenant-context.js';
import { TenantDirectory } from '../../tenancy/tenant-directory.js';
import { TenantRunner } from '../../tenancy/tenant-runner.js';
import type { TenantDocument } from '../../tenancy/tenant.schema.js';
import { ANONYMOUS } from '../../tenancy/viewer.js';
import { AuditLog } from '../audit/audit-log.js';
import { NEW_BRANDING } from '../tenants/branding.js';
import { type OpenedSession, SessionOpener } from './session-opener.js';
import type { SignUpTenantInput } from './sign-up-tenant.input.js';

/** Makes tenants. */
@Injectable()
export class SignUp {
  constructor(
    private readonly tenants: TenantDirectory,
    private readonly users: UsersRepository,
    private readonly passwords: Passwords,
    private readonly limits: AttemptLimits,
    private readonly opener: SessionOpener,
    private readonly audit: AuditLog,
    private readonly work: UnitOfWork,
    private readonly runner: TenantRunner,
    private readonly context: TenantContext,
    @Inject(SETTINGS) private readonly settings: Settings,
  ) {}

  /**
   * Makes a tenant, its first admin and his session: all of them or none. Everything happens inside the new tenant,
   * whatever tenant the request itself named.
   * @throws DomainError CONFLICT when the subdomain is taken, RATE_LIMITED after too many tries from one address.
   */
  async run(input: SignUpTenantInput): Promise<OpenedSession> {
    await this.limits.take('sign-up');
    // Asked before hashing, which is dear; the unique index decides.
    if (await this.tenants.findBySubdomain(input.subdomain)) throw taken();
    const passwordHash = await this.passwords.hashNew(input.password, 'input.password', [
      input.email,
      input.subdomain,
      input.name,
    ]);
    const tenant = this.newTenant(input);
    const scope = {
      ...this.context.scope,
      tenant: { id: tenant._id, subdomain: tenant.subdomain },
      viewer: ANONYMOUS,
    };
    try {
      return await this.runner.run(scope, () => this.work.run(() => this.store(tenant, input, passwordHash)));
    } catch (error) {
      throw isDuplicateKey(error) ? taken() : error;
    }
  }

  private newTenant({ subdomain, name }: SignUpTenantInput): TenantDocument {
    const { MAX_CONCURRENT_CALLS, REQUESTS_PER_MINUTE } = this.settings;
    return {
      _id: newObjectId(),
      subdomain,
      name,
      isActive: true,
      branding: NEW_BRANDING,
      retentionDays: null,
      sealedUltravoxApiKey: null,
      limits: {
        maxConcurrentCalls: MAX_CONCURRENT_CALLS,
        requestsPerMinute: REQUESTS_PER_MINUTE,
        monthlyCallMinutes: null,
      },
      createdAt: new Date(),
    };
  }

  private async store(
    tenant: TenantDocument,
    input: SignUpTenantInput,
    passwordHash: string,
  ): Promise<OpenedSession> {
    await this.tenants.insert(tenant);
    const user: UserDocument = await this.users.add({
      _id: newObjectId(),
      email: input.email,
      name: input.userName ?? null,
      passwordHash,
      role: 'ADMIN',
      isActive: true,
      createdAt: tenant.createdAt,
      lastLoginAt: tenant.createdAt,
    });
    const actor = { id: user._id, label: user.email };
    const { subdomain, name } = tenant;
    await this.audit.record({ action: 'tenant.created', details: { subdomain, name }, actor });
    const userId = toPublicId('user', user._id);
    await this.audit.record({ action: 'user.signup', details: { userId, role: user.role }, actor });
    return this.opener.open(user, tenant);
  }
}

const taken = () => conflict('The subdomain is taken.');
