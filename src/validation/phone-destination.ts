import { isSupportedCountry, type PhoneNumberType, parsePhoneNumberFromString } from 'libphonenumber-js/max';

/** Where a phone number leads. */
export interface PhoneDestination {
  /** ISO 3166, such as GG; for numbers of no country their calling code, such as +881; null where it cannot be told. */
  readonly country: string | null;
  /** Whether the caller's own carrier sets the price. False for premium and shared-cost numbers, and for unknown ones. */
  readonly isOrdinary: boolean;
  /** The number in the one form that carriers agree on: E.164 without a trunk prefix. */
  readonly international: string;
}

/** Kinds of numbers that cost what calls to their country cost. */
const ORDINARY: ReadonlySet<PhoneNumberType> = new Set([
  'FIXED_LINE',
  'MOBILE',
  'FIXED_LINE_OR_MOBILE',
  'TOLL_FREE',
  'VOIP',
]);

/** Calling codes of no country: free, shared cost, satellites, global networks, and premium. */
const GLOBAL_CODES: ReadonlySet<string> = new Set([
  '+800',
  '+808',
  '+870',
  '+878',
  '+881',
  '+882',
  '+883',
  '+888',
  '+979',
]);

/** Reads where an E.164 number leads, by the numbering plan of its country: +1, +7 and +44 have several. */
export function destinationOf(number: string): PhoneDestination {
  const parsed = parsePhoneNumberFromString(number);
  if (!parsed) return { country: null, isOrdinary: false, international: number };
  const type = parsed.getType();
  const code = `+${parsed.countryCallingCode}`;
  return {
    country: parsed.country ?? (GLOBAL_CODES.has(code) ? code : null),
    isOrdinary: type !== undefined && ORDINARY.has(type),
    international: parsed.number,
  };
}

/**
 * Whether a list allows a destination: `DE` its ordinary numbers, `DE:premium` its others, `+881` numbers of no country.
 * What is not named is not allowed.
 */
export function allowsDestination(
  names: readonly string[],
  { country, isOrdinary }: PhoneDestination,
): boolean {
  if (country === null) return false;
  return names.includes(isOrdinary || country.startsWith('+') ? country : `${country}:premium`);
}

/** Whether a name can stand in such a list. */
export function isDestinationName(name: string): boolean {
  return GLOBAL_CODES.has(name) || isSupportedCountry(name.replace(/:premium$/, ''));
}
