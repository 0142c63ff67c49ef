import { CARRIERS } from '../config/phone-carriers.js';
import type { PhoneBound, PhoneLimits, TenantPhone } from '../tenancy/tenant.schema.js';
import { isDestinationName } from '../validation/phone-destination.js';
import { e164 } from '../validation/rules.js';
import { UsageError } from './operator-error.js';
import { numberOf, textOf, type Values } from './option-values.js';

/** What to change of a tenant's phone calls on the platform's account; what is absent stays as it is. */
export interface PlatformPhoneChange {
  readonly countries: readonly string[] | null;
  readonly limits: Readonly<Record<keyof PhoneLimits, Partial<PhoneBound>>>;
}

/** What `tenants phone` is to change: the tenant's own account, or the platform's. Null turns it off. */
export type PhoneChange =
  | { readonly account: 'own'; readonly phone: TenantPhone | null }
  | { readonly account: 'platform'; readonly change: PlatformPhoneChange | null };

/** The options of bounds, by what they bound. */
const BOUNDS = { tenant: '', country: 'country-', number: 'number-' } as const satisfies Record<
  keyof PhoneLimits,
  string
>;

const OWN = ['caller-id', 'carrier'];
const PLATFORM = [
  'countries',
  ...Object.values(BOUNDS).flatMap(prefix => [`${prefix}calls-per-minute`, `${prefix}minutes-per-day`]),
];

/** The options of `tenants phone`. */
export const PHONE_OPTIONS: readonly string[] = ['off', 'platform-account', ...OWN, ...PLATFORM];

/** Reads the options of `tenants phone`. @throws UsageError in a sentence for the operator. */
export function phoneChangeOf(values: Values): PhoneChange {
  const isOff = values['off'] === true;
  const isPlatform = values['platform-account'] === true;
  const given = (names: readonly string[]) => names.find(name => values[name] !== undefined);
  const stray = given(isPlatform ? OWN : PLATFORM) ?? (isOff ? given([...OWN, ...PLATFORM]) : undefined);
  if (stray && !isPlatform && !isOff) throw new UsageError(`--${stray} goes with --platform-account only.`);
  if (stray) throw new UsageError(`--${stray} does not go with ${isOff ? '--off' : '--platform-account'}.`);
  if (!isPlatform) return { account: 'own', phone: isOff ? null : ownPhoneOf(values) };
  return { account: 'platform', change: isOff ? null : platformChangeOf(values) };
}

function ownPhoneOf(values: Values): TenantPhone {
  const callerId = e164.safeParse(textOf(values, 'caller-id')).data;
  if (!callerId)
    throw new UsageError(
      '"tenants phone" takes --caller-id with an E.164 phone number, --platform-account, or --off alone.',
    );
  const carrier = CARRIERS.find(known => known === (textOf(values, 'carrier') ?? 'twilio'));
  if (!carrier) throw new UsageError(`--carrier must be one of ${CARRIERS.join(', ')}.`);
  return { callerId, carrier };
}

function platformChangeOf(values: Values): PlatformPhoneChange {
  const boundOf = (prefix: string): Partial<PhoneBound> => {
    const callsPerMinute = numberOf(values, `${prefix}calls-per-minute`, 0, 100_000);
    const minutesPerDay = numberOf(values, `${prefix}minutes-per-day`, 0, 1_000_000);
    return {
      ...(callsPerMinute !== undefined && { callsPerMinute }),
      ...(minutesPerDay !== undefined && { minutesPerDay }),
    };
  };
  return {
    countries: countriesOf(values),
    limits: {
      tenant: boundOf(BOUNDS.tenant),
      country: boundOf(BOUNDS.country),
      number: boundOf(BOUNDS.number),
    },
  };
}

function countriesOf(values: Values): readonly string[] | null {
  const text = textOf(values, 'countries');
  if (text === null) return null;
  const names = text
    .split(',')
    .map(name => name.trim().replace(/^[a-z]{2}(?=$|:)/i, code => code.toUpperCase()))
    .filter(name => name !== '');
  const wrong = names.find(name => !isDestinationName(name));
  if (wrong !== undefined || names.length === 0)
    throw new UsageError(
      `--countries takes ISO codes such as DE,US, premium numbers as DE:premium, and numbers of no country as +881${wrong === undefined ? '' : `, not "${wrong}"`}.`,
    );
  return [...new Set(names)].sort();
}
