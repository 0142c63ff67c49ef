import { domainToASCII } from 'node:url';
import { z } from 'zod';
import { faultOfStoredKey, faultOfValue } from './client-values.js';
import { holdsDirectionControl, isVisible } from './visible-text.js';

/** Control characters, which have no place in a name and would forge lines where names are printed. */
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/;

/** Bounds of length: nothing else looks at a text that is too long, since that may take long. */
const tooLong = { error: 'is too long', abort: true };
const atMost = (most: number) => ({ error: `must have at most ${most} characters`, abort: true });

/** A line of text that people can see, without control characters, trimmed, 1 to `most` characters. */
export const line = (most: number) =>
  z
    .string()
    .trim()
    .min(1, 'must not be empty')
    .max(most, atMost(most))
    .refine(value => !CONTROL.test(value), 'must not hold control characters')
    .refine(value => !holdsDirectionControl(value), 'must not hold characters that change the direction')
    .refine(value => value === '' || isVisible(value), 'must hold a character that can be seen');

/** What mail programs make a link of, or people type into a browser: dots, colons and slashes of all widths. */
const WEB_ADDRESS = new RegExp(
  [
    '[:\uff1a][/\uff0f\\\\]{2}',
    '(?<![\\p{L}\\p{N}])www[.\u3002\uff0e\uff61]',
    '[\\p{L}\\p{N}][.\u3002\uff0e\uff61]\\p{L}[\\p{L}\\p{N}-]{1,62}[.\u3002]?(?:[:\uff1a]\\d{1,5})?[/\uff0f\\\\?#]',
    '\\d{1,3}(?:\\.\\d{1,3}){3}(?:[:\uff1a]\\d|[/\uff0f])',
  ].join('|'),
  'iu',
);

/** The name of a tenant or a person, as a line of text: it stands in mails to strangers, so it holds no address of the web. */
export const nameLine = (most: number) =>
  line(most).refine(value => !WEB_ADDRESS.test(value), 'must not hold an address of the web');

/** Free text that people can see, 1 to `most` characters; may have several lines, no NUL. */
export const text = (most: number) =>
  z
    .string()
    .max(most, atMost(most))
    .refine(value => value.trim() !== '', 'must not be empty')
    .refine(value => value.trim() === '' || isVisible(value), 'must hold a character that can be seen')
    .refine(value => !value.includes('\u0000'), 'must not hold NUL characters');

/** Words that are looked for, at most `most` characters; the database takes no pattern with NUL. */
export const searchText = (most: number) =>
  z
    .string()
    .max(most, atMost(most))
    .refine(value => !value.includes('\u0000'), 'must not hold NUL characters');

/** What would end a domain where a URL is read, or means something else there. */
const NO_DOMAIN = /[\s/\\?#@:%[\]<>^|]/;

/** A domain of other scripts in the ASCII form in which mail is sent to it, as browsers send it; '' for none. */
function asciiDomain(domain: string): string {
  if (/^[\u0000-\u007f]*$/.test(domain)) return domain;
  return NO_DOMAIN.test(domain) ? '' : domainToASCII(domain);
}

/** An e-mail address as HTML defines it, trimmed and in lower case; a domain of other scripts in its ASCII form. */
export const emailAddress = z
  .string()
  .trim()
  .max(254, tooLong)
  .transform(address => {
    const at = address.lastIndexOf('@');
    return address.slice(0, at + 1) + asciiDomain(address.slice(at + 1));
  })
  .pipe(
    z.string().regex(z.regexes.html5Email, 'is not an e-mail address').max(254, 'is too long').toLowerCase(),
  );

/** A password's bound and what no keyboard types; bounded, so that nobody makes us hash megabytes. */
const password = z
  .string()
  .max(200, atMost(200))
  .refine(value => !value.includes('\u0000'), 'must not hold NUL characters')
  .refine(value => !/\p{Surrogate}/u.test(value), 'must not hold halves of characters');

/**
 * A new password: long rather than odd, counted in characters of the form NFKC in which it is compared. Those that are
 * guessed first are refused where it is hashed.
 */
export const newPassword = password.refine(
  value => Array.from(value.normalize('NFKC')).length >= 10,
  'must have at least 10 characters',
);

/** A password as typed at a log-in. */
export const typedPassword = password;

/** `#rrggbb`, in lower case. */
export const colour = z
  .string()
  .regex(/^#[0-9a-fA-F]{6}$/, 'must be a colour such as #1a2b3c')
  .toLowerCase();

/** An https address. */
export const httpsUrl = z
  .string()
  .max(2000, tooLong)
  .refine(value => URL.canParse(value) && new URL(value).protocol === 'https:', 'must be an https URL');

/** An international phone number, `+` and up to 15 digits. */
export const e164 = z
  .string()
  .regex(/^\+[1-9]\d{6,14}$/, 'must be an E.164 phone number such as +442071838750');

/** A page's size. */
export const pageSize = z.number().int().min(1, 'must be at least 1').max(100, 'must be at most 100');

/** An opaque token or cursor as clients send it back. */
export const opaque = z.string().max(500, 'is too long');

/** What a key of flat text must look like, as an error says it. */
const FLAT_KEY_RULE = 'a key has 1 to 100 characters, no dot, no NUL and no $ in front';
const MOST_FLAT_KEYS = 50;

/** Flat text values by name: what the provider can carry. */
export const flatText = z.unknown().transform((value, context): Record<string, string> => {
  const entries = entriesOf(value);
  if (!entries) context.addIssue('must be an object of text values');
  else if (entries.length > MOST_FLAT_KEYS) context.addIssue(`must have at most ${MOST_FLAT_KEYS} entries`);
  for (const [key, part] of entries?.slice(0, MOST_FLAT_KEYS) ?? []) {
    const message = faultOfFlatEntry(key, part);
    if (message !== null) context.addIssue({ code: 'custom', message, path: [key] });
  }
  return Object.fromEntries(entries ?? []) as Record<string, string>;
});

function faultOfFlatEntry(key: string, part: unknown): string | null {
  if (!/^[^.$\u0000][^.\u0000]{0,99}$/.test(key)) return `is not a possible key: ${FLAT_KEY_RULE}`;
  const reserved = faultOfStoredKey(key);
  if (reserved !== null) return reserved;
  if (typeof part !== 'string') return 'must be text';
  return part.length > 1000 ? 'must have at most 1000 characters' : null;
}

/** What a name of a JSON object must look like, as an error says it. */
const NAME_RULE = 'a name has 1 to 100 characters, no braces, no control characters and no $ in front';
const NAME = /^[^{}$\p{Cc}][^{}\p{Cc}]{0,99}$/u;

/** Any JSON by name, at most `most` characters as JSON; without keys that the database would read as something else. */
export const jsonByName = (most: number) =>
  z.unknown().transform((value, context): Record<string, unknown> => {
    const entries = entriesOf(value);
    if (!entries) context.addIssue('must be an object');
    else
      for (const fault of faultsOfObject(value, entries, most))
        context.addIssue({ code: 'custom', ...fault });
    return Object.fromEntries(entries ?? []);
  });

function faultsOfObject(value: unknown, entries: [string, unknown][], most: number): KeyFault[] {
  // Variables and literals are looked at before: this meets what a variable inside a literal makes too deep.
  const whole = faultOfValue(value, '');
  if (whole) return [{ path: [], message: whole.reason }];
  if (JSON.stringify(value).length > most)
    return [{ path: [], message: `must not exceed ${most} characters` }];
  return entries.flatMap(([name, part]) => faultOfNamed(name, part) ?? []);
}

/** What is wrong with a value, and the way to it. */
interface KeyFault {
  path: string[];
  message: string;
}

const faultOfNamed = (name: string, value: unknown): KeyFault | null =>
  NAME.test(name)
    ? faultOfKeys(name, value)
    : { path: [name], message: `is not a possible name: ${NAME_RULE}` };

/** The first key in a value that cannot be stored. */
function faultOfKeys(key: string, value: unknown): KeyFault | null {
  const message = faultOfStoredKey(key);
  if (message !== null) return { path: [key], message };
  if (typeof value !== 'object' || value === null) return null;
  for (const [inner, part] of Object.entries(value)) {
    // The places of a list are no names.
    const fault = faultOfKeys(inner, part);
    if (fault) return { path: [key, ...fault.path], message: fault.message };
  }
  return null;
}

const entriesOf = (value: unknown): [string, unknown][] | null =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.entries(value) : null;
