import { z } from 'zod';

/** Control characters, which have no place in a name and would forge lines where names are printed. */
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/;

/** A line of text without control characters, trimmed, 1 to `most` characters. */
export const line = (most: number) =>
  z
    .string()
    .trim()
    .min(1, 'must not be empty')
    .max(most, `must have at most ${most} characters`)
    .refine(value => !CONTROL.test(value), 'must not hold control characters');

/** Free text, 1 to `most` characters; may have several lines, no NUL. */
export const text = (most: number) =>
  z
    .string()
    .max(most, `must have at most ${most} characters`)
    .refine(value => value.trim() !== '', 'must not be empty')
    .refine(value => !value.includes('\u0000'), 'must not hold NUL characters');

/** An e-mail address, trimmed and in lower case. */
export const emailAddress = z
  .string()
  .trim()
  .toLowerCase()
  .max(254, 'is too long')
  .pipe(z.email('is not an e-mail address'));

/** A password's bound and what no keyboard types; bounded, so that nobody makes us hash megabytes. */
const password = z
  .string()
  .max(200, 'must have at most 200 characters')
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
  .max(2000, 'is too long')
  .refine(value => URL.canParse(value) && new URL(value).protocol === 'https:', 'must be an https URL');

/** An international phone number, `+` and up to 15 digits. */
export const e164 = z
  .string()
  .regex(/^\+[1-9]\d{6,14}$/, 'must be an E.164 phone number such as +442071838750');

/** A page's size. */
export const pageSize = z.number().int().min(1, 'must be at least 1').max(100, 'must be at most 100');

/** An opaque token or cursor as clients send it back. */
export const opaque = z.string().max(500, 'is too long');

const RESERVED_KEYS = ['__proto__', 'constructor', 'prototype'];

/** Flat text values by name: what the provider can carry. */
export const flatText = z
  .unknown()
  // Before the record is read, which would drop __proto__ without a word.
  .refine(
    value => !RESERVED_KEYS.some(key => Object.hasOwn(Object(value) as object, key)),
    'has a reserved key',
  )
  .pipe(
    z
      .record(
        z
          .string()
          .min(1)
          .max(100, 'has a key of more than 100 characters')
          .regex(/^[^.$\u0000][^.\u0000]*$/, 'has a key with a dot, or with $ in front'),
        z.string('must be text').max(1000, 'must have at most 1000 characters'),
        'must be an object of text values',
      )
      .refine(value => Object.keys(value).length <= 50, 'must have at most 50 entries')
      .refine(
        value => !Object.keys(value).some(key => key.startsWith('ultravox.')),
        'keys that start with "ultravox." are reserved',
      ),
  );
