import type { PhoneLimits, PlatformPhone } from '../tenancy/tenant.schema.js';
import { OperatorError } from './operator-error.js';
import type { PlatformPhoneChange } from './phone-options.js';

/** The bounds of a tenant for which the operator has named no others. */
export const DEFAULT_PHONE_LIMITS: PhoneLimits = {
  tenant: { callsPerMinute: 30, minutesPerDay: 300 },
  country: { callsPerMinute: 20, minutesPerDay: 200 },
  number: { callsPerMinute: 3, minutesPerDay: 60 },
};

/**
 * What a tenant may dial on the platform's account after a change; null: nothing.
 * @throws OperatorError when calls would be allowed to no country that has been named.
 */
export function platformPhoneAfter(
  before: PlatformPhone | null,
  change: PlatformPhoneChange | null,
): PlatformPhone | null {
  if (!change) return null;
  const countries = change.countries ?? before?.countries;
  if (!countries) throw new OperatorError('Name the countries that may be called: --countries DE,US.');
  const from = before?.limits ?? DEFAULT_PHONE_LIMITS;
  return {
    countries,
    limits: {
      tenant: { ...from.tenant, ...change.limits.tenant },
      country: { ...from.country, ...change.limits.country },
      number: { ...from.number, ...change.limits.number },
    },
  };
}

/** A permission in one line. */
export function platformPhoneLine(phone: PlatformPhone | null): string {
  if (!phone) return "dials nobody on the platform's account";
  const { tenant, country, number } = phone.limits;
  const bound = ({ callsPerMinute, minutesPerDay }: typeof tenant, to: string) =>
    `${callsPerMinute} calls a minute and ${minutesPerDay} minutes a day${to}`;
  return `dials ${phone.countries.join(', ')} on the platform's account, at most ${bound(tenant, '')}, ${bound(country, ' to a country')}, ${bound(number, ' to a number')}`;
}
