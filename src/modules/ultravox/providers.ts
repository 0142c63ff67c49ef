import { Inject, Injectable } from '@nestjs/common';
import { SETTINGS, type Settings } from '../../config/settings.js';
import { DomainError } from '../../errors/domain-error.js';
import { Metrics } from '../../telemetry/metrics.js';
import { TenantContext } from '../../tenancy/tenant-context.js';
import { TenantDirectory } from '../../tenancy/tenant-directory.js';
import { type TenantDocument, ULTRAVOX_KEY_FIELD } from '../../tenancy/tenant.schema.js';
import { Vault } from '../../vault/vault.js';
import { UltravoxClient } from './ultravox-client.js';
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
    private readonly metrics: Metrics,
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

  /** @throws DomainError PROVIDER_UNAVAILABLE where no number is configured that phone calls could come from. */
  assertCanDial({ isSimulated }: ProviderChoice): void {
    if (isSimulated || this.settings.PHONE_CALLER_ID) return;
    throw new DomainError('PROVIDER_UNAVAILABLE', 'Phone calls are not set up: no caller id is configured.');
  }

  /** The client for a call's provider. @throws ProviderError `rejected` when its key is gone. */
  async clientFor(call: {
    isSimulated: boolean;
    provider: { baseUrl: string; isOwnKey: boolean };
  }): Promise<VoiceProvider> {
    const { isSimulated, provider } = call;
    const key = isSimulated
      ? SIMULATOR_KEY
      : provider.isOwnKey
        ? await this.ownKey()
        : this.settings.ULTRAVOX_API_KEY;
    if (!key) throw new ProviderError('rejected', "The key of the call's provider is no longer configured");
    return new UltravoxClient(provider.baseUrl, key, this.metrics);
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
