import { Inject, Injectable } from '@nestjs/common';
import { SETTINGS, type Settings } from '../../config/settings.js';
import { DomainError } from '../../errors/domain-error.js';
import { TenantContext } from '../../tenancy/tenant-context.js';
import { TenantDirectory } from '../../tenancy/tenant-directory.js';
import { type TenantDocument, ULTRAVOX_KEY_FIELD } from '../../tenancy/tenant.schema.js';
import { Vault } from '../../vault/vault.js';
import { ProviderAccounts } from './provider-accounts.js';
import { ProviderError, type VoiceProvider } from './voice-provider.js';

/** Which provider a call is given to. A call stays with it, whatever is configured later. */
export interface ProviderChoice {
  readonly baseUrl: string;
  readonly isOwnKey: boolean;
  readonly isSimulated: boolean;
}

/** The simulator takes any key. */
const SIMULATOR_KEY = 'simulator';

/** Finds the provider of a tenant's calls. */
@Injectable()
export class Providers {
  constructor(
    @Inject(SETTINGS) private readonly settings: Settings,
    private readonly tenants: TenantDirectory,
    private readonly context: TenantContext,
    private readonly vault: Vault,
    private readonly accounts: ProviderAccounts,
  ) {}

  /**
   * The provider for a new call: for a sandbox always the simulator; else the tenant's own account, else the
   * platform's, else the simulator.
   * @throws DomainError PROVIDER_UNAVAILABLE when none is configured.
   */
  async choose(): Promise<ProviderChoice> {
    const { ULTRAVOX_API_KEY, ULTRAVOX_BASE_URL, SIMULATOR_URL } = this.settings;
    const tenant = await this.tenant();
    const isOwnKey = tenant?.sealedUltravoxApiKey != null;
    if (!tenant?.isSandbox && (isOwnKey || ULTRAVOX_API_KEY))
      return { baseUrl: ULTRAVOX_BASE_URL, isOwnKey, isSimulated: false };
    if (SIMULATOR_URL) return { baseUrl: SIMULATOR_URL, isOwnKey: false, isSimulated: true };
    throw new DomainError('PROVIDER_UNAVAILABLE', 'No voice provider is configured for this tenant.');
  }

  /** The client for a call's provider. @throws ProviderError `rejected` when its key is gone. */
  async clientFor(call: {
    isSimulated: boolean;
    provider: { baseUrl: string; isOwnKey: boolean };
  }): Promise<VoiceProvider> {
    const { baseUrl, isOwnKey } = call.provider;
    if (call.isSimulated)
      return this.accounts.clientOf({ baseUrl, apiKey: SIMULATOR_KEY, owner: 'simulator' });
    const apiKey = isOwnKey ? await this.ownKey() : this.settings.ULTRAVOX_API_KEY;
    if (!apiKey)
      throw new ProviderError('rejected', "The key of the call's voice provider is no longer configured.");
    return this.accounts.clientOf({ baseUrl, apiKey, owner: isOwnKey ? 'tenant' : 'platform' });
  }

  /**
   * Whether the provider takes a tenant's key, by the cheapest question there is; null when the provider gives no
   * answer that tells.
   */
  async accepts(apiKey: string): Promise<boolean | null> {
    const { ULTRAVOX_BASE_URL: baseUrl } = this.settings;
    try {
      await this.accounts.clientOf({ baseUrl, apiKey, owner: 'tenant' }).capacity();
      return true;
    } catch (error) {
      if (!(error instanceof ProviderError)) throw error;
      return error.fault === 'rejected' ? false : null;
    }
  }

  private async ownKey(): Promise<string | null> {
    const tenant = await this.tenant();
    return tenant?.sealedUltravoxApiKey == null
      ? null
      : this.vault.open(tenant._id, ULTRAVOX_KEY_FIELD, tenant.sealedUltravoxApiKey);
  }

  private tenant(): Promise<TenantDocument | null> {
    return this.tenants.findById(this.context.tenant.id);
  }
}
