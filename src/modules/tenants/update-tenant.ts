import { Injectable } from '@nestjs/common';
import { badInput, DomainError } from '../../errors/domain-error.js';
import { Jobs } from '../../jobs/jobs.js';
import { UnitOfWork } from '../../mongo/unit-of-work.js';
import { TenantDirectory } from '../../tenancy/tenant-directory.js';
import { type TenantDocument, ULTRAVOX_KEY_FIELD } from '../../tenancy/tenant.schema.js';
import { Vault } from '../../vault/vault.js';
import { AuditLog } from '../audit/audit-log.js';
import { Providers } from '../ultravox/providers.js';
import { TenantsService } from './tenants.service.js';
import type { UpdateTenantInput } from './update-tenant.input.js';

/** Changes the settings of the running operation's tenant. */
@Injectable()
export class UpdateTenant {
  constructor(
    private readonly service: TenantsService,
    private readonly tenants: TenantDirectory,
    private readonly vault: Vault,
    private readonly providers: Providers,
    private readonly jobs: Jobs,
    private readonly audit: AuditLog,
    private readonly work: UnitOfWork,
  ) {}

  /**
   * Applies what the input holds and records which fields have changed; of the provider key only that it was set
   * or cleared. An input that changes nothing leaves no audit row.
   * @throws DomainError BAD_USER_INPUT when the name would be cleared, or the provider refuses the key.
   */
  async run(input: UpdateTenantInput): Promise<TenantDocument> {
    if (input.name === null) throw badInput({ 'input.name': 'must not be null: a tenant has a name' });
    // A provider that is away must not keep anybody from setting a key that may well be right.
    if (input.ultravoxApiKey != null && (await this.providers.accepts(input.ultravoxApiKey)) === false)
      throw badInput({ 'input.ultravoxApiKey': 'was refused by the voice provider' });
    return this.work.run(async () => {
      const before = await this.service.current();
      const set = this.changesOf(before, input);
      const changed = Object.keys(set);
      if (changed.length === 0) return before;
      const after = await this.tenants.update(before._id, { $set: set });
      if (!after) throw new DomainError('TENANT_NOT_FOUND');
      if ('retentionDays' in set) await this.jobs.wake('retention', before._id, before._id);
      await this.audit.record({
        action: 'tenant.updated',
        details: {
          changed: changed.map(field => (field === 'sealedUltravoxApiKey' ? 'ultravoxApiKey' : field)),
          ...('sealedUltravoxApiKey' in set && {
            ultravoxApiKey: set.sealedUltravoxApiKey === null ? 'cleared' : 'set',
          }),
        },
      });
      return after;
    });
  }

  private changesOf(before: TenantDocument, input: UpdateTenantInput): Partial<TenantDocument> {
    const { name, retentionDays, ultravoxApiKey: key } = input;
    const isKeyChanged = key === null ? before.sealedUltravoxApiKey !== null : key !== undefined;
    return {
      ...(name != null && name !== before.name && { name }),
      ...(retentionDays !== undefined && retentionDays !== before.retentionDays && { retentionDays }),
      ...(isKeyChanged && {
        sealedUltravoxApiKey: key == null ? null : this.vault.seal(before._id, ULTRAVOX_KEY_FIELD, key),
      }),
    };
  }
}
