import { Inject, Injectable } from '@nestjs/common';
import { SETTINGS, type Settings } from '../../config/settings.js';
import { DomainError } from '../../errors/domain-error.js';
import { TenantContext } from '../../tenancy/tenant-context.js';
import { TenantDirectory } from '../../tenancy/tenant-directory.js';
import type { ProviderChoice } from './providers.js';
import { type PhoneCarrier, type PhoneLine, ProviderError } from './voice-provider.js';

type Account = Pick<ProviderChoice, 'isSimulated' | 'isOwnKey'>;
type Outlet = Omit<PhoneLine, 'to'>;

/** The number that simulated phone calls come from; one of those that are set aside for fiction. */
const SIMULATED_CALLER_ID = '+12025550100';

/**
 * How numbers are dialled. A number belongs to the provider account whose carrier knows it: calls on a tenant's own
 * account come from the number that the operator has set for the tenant, all others from the server's.
 */
@Injectable()
export class PhoneLines {
  constructor(
    @Inject(SETTINGS) private readonly settings: Settings,
    private readonly tenants: TenantDirectory,
    private readonly context: TenantContext,
  ) {}

  /** @throws DomainError PROVIDER_UNAVAILABLE where no number is set that the account's calls could come from. */
  async assertCanDial(account: Account): Promise<void> {
    if (await this.outletOf(account)) return;
    const whose = account.isOwnKey ? "for the tenant's own provider account" : 'on this server';
    throw new DomainError(
      'PROVIDER_UNAVAILABLE',
      `Phone calls are not set up ${whose}: the operator has to set the number that they come from.`,
    );
  }

  /** The line to a number. @throws ProviderError `rejected` when the number that calls came from is gone. */
  async to(number: string, account: Account): Promise<PhoneLine> {
    const outlet = await this.outletOf(account);
    if (!outlet) throw new ProviderError('rejected', 'No number is set any more that phone calls come from.');
    return { ...outlet, to: number };
  }

  private async outletOf({ isSimulated, isOwnKey }: Account): Promise<Outlet | null> {
    if (isOwnKey && !isSimulated) {
      const tenant = await this.tenants.findById(this.context.tenant.id);
      return tenant?.phone ? { carrier: { kind: tenant.phone.carrier }, from: tenant.phone.callerId } : null;
    }
    const from = this.settings.PHONE_CALLER_ID ?? (isSimulated ? SIMULATED_CALLER_ID : null);
    return from === null ? null : { carrier: this.platformCarrier(), from };
  }

  private platformCarrier(): PhoneCarrier {
    const { PHONE_MEDIUM: kind, PHONE_SIP_HOST, PHONE_SIP_USERNAME, PHONE_SIP_PASSWORD } = this.settings;
    if (kind !== 'sip') return { kind };
    return {
      kind,
      host: PHONE_SIP_HOST ?? '',
      ...(PHONE_SIP_USERNAME && { username: PHONE_SIP_USERNAME }),
      ...(PHONE_SIP_PASSWORD && { password: PHONE_SIP_PASSWORD }),
    };
  }
}
