import { Inject, Injectable } from '@nestjs/common';
import { SETTINGS, type Settings } from '../../config/settings.js';
import { badInput, DomainError } from '../../errors/domain-error.js';
import { TenantContext } from '../../tenancy/tenant-context.js';
import { TenantDirectory } from '../../tenancy/tenant-directory.js';
import {
  allowsDestination,
  destinationOf,
  type PhoneDestination,
} from '../../validation/phone-destination.js';
import type { ProviderChoice } from './providers.js';
import { type PhoneCarrier, type PhoneLine, ProviderError } from './voice-provider.js';

type Account = Pick<ProviderChoice, 'isSimulated' | 'isOwnKey'>;
type Outlet = Omit<PhoneLine, 'to'>;

/** The number that simulated phone calls come from; one of those that are set aside for fiction. */
const SIMULATED_CALLER_ID = '+12025550100';

/** Whether calls on an account are paid by the platform: those that are neither simulated nor on a tenant's own account. */
export const isOnPlatformAccount = ({ isSimulated, isOwnKey }: Account): boolean => !isSimulated && !isOwnKey;

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

  /**
   * @throws DomainError FORBIDDEN where the call would be on the platform's account and the operator has not allowed that,
   * or not to this number's country; BAD_USER_INPUT for a number that could be read in two ways; PROVIDER_UNAVAILABLE where
   * no number is set that the account's calls could come from.
   */
  async assertCanDial(number: string, account: Account): Promise<void> {
    const refusal = await this.refusalOf(number, account);
    if (refusal) throw refusal;
    if (await this.outletOf(account)) return;
    const whose = account.isOwnKey ? "for the tenant's own provider account" : 'on this server';
    throw new DomainError(
      'PROVIDER_UNAVAILABLE',
      `Phone calls are not set up ${whose}: the operator has to set the number that they come from.`,
    );
  }

  /**
   * The line to a number. @throws ProviderError `rejected` when the number that calls came from is gone, or the operator
   * does not allow the call any more.
   */
  async to(number: string, account: Account): Promise<PhoneLine> {
    const refusal = await this.refusalOf(number, account);
    if (refusal) throw new ProviderError('rejected', refusal.message);
    const outlet = await this.outletOf(account);
    if (!outlet) throw new ProviderError('rejected', 'No number is set any more that phone calls come from.');
    return { ...outlet, to: number };
  }

  /** Why a number may not be dialled on an account; null where it may. */
  private async refusalOf(number: string, account: Account): Promise<DomainError | null> {
    if (!isOnPlatformAccount(account)) return null;
    const tenant = await this.tenants.findById(this.context.tenant.id);
    if (!tenant?.platformPhone)
      return new DomainError(
        'FORBIDDEN',
        "Phone calls on the platform's provider account are not allowed for this tenant: the operator has to allow them, or the tenant has to set a provider key of its own.",
      );
    const destination = destinationOf(number);
    if (destination.international !== number)
      return badInput({
        'input.phoneNumber': `can be read in two ways: write it as ${destination.international}`,
      });
    if (allowsDestination(tenant.platformPhone.countries, destination)) return null;
    return new DomainError(
      'FORBIDDEN',
      `Phone calls to ${wordsFor(destination)} are not allowed for this tenant: the operator has to allow them.`,
    );
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

function wordsFor({ country, isOrdinary }: PhoneDestination): string {
  if (country === null) return 'a number whose country cannot be told';
  if (country.startsWith('+')) return `numbers of no country, ${country}`;
  return isOrdinary ? country : `premium, shared-cost and unknown numbers of ${country}`;
}
