import { createHash, randomInt } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { type ObjectId, parseObjectId } from '../mongo/object-id.js';

/** What every API key begins with: readers tell it from an access token, and scanners find it where it leaked. */
const PREFIX = 'voho_live_';
const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
/** 32 digits of 62 are 190 random bits, so that a plain hash of them is enough. */
const SECRET_LENGTH = 32;
const SUM_LENGTH = 6;
const FORMAT = new RegExp(
  `^(${PREFIX}([0-9a-f]{24}))_[0-9A-Za-z]{${SECRET_LENGTH}}[0-9A-Za-z]{${SUM_LENGTH}}$`,
);

/** An API key that was read; nothing is known yet of whether it counts. */
export interface ParsedApiKey {
  readonly id: ObjectId;
  /** The part that may be shown. */
  readonly prefix: string;
  /** SHA-256 of the whole key. */
  readonly hash: Buffer;
}

/** The part of a key that may be shown: `voho_live_<id>`. */
export function apiKeyPrefix(id: ObjectId): string {
  return `${PREFIX}${id.toHexString()}`;
}

/** Makes a key: `voho_live_<id>_<secret><crc6>`. It is stored nowhere; its hash is. */
export function makeApiKey(id: ObjectId): string {
  const secret = Array.from({ length: SECRET_LENGTH }, () => DIGITS[randomInt(DIGITS.length)]).join('');
  const body = `${apiKeyPrefix(id)}_${secret}`;
  return body + sumOf(body);
}

/** Whether a text claims to be an API key. */
export function isApiKey(text: string): boolean {
  return text.startsWith(PREFIX);
}

/** Reads a key; null when it is mistyped or made up, which its checksum tells without any look-up. */
export function parseApiKey(key: string): ParsedApiKey | null {
  const [, prefix, hex] = FORMAT.exec(key) ?? [];
  const id = hex === undefined ? null : parseObjectId(hex);
  if (!id || prefix === undefined) return null;
  if (sumOf(key.slice(0, -SUM_LENGTH)) !== key.slice(-SUM_LENGTH)) return null;
  return { id, prefix, hash: hashApiKey(key) };
}

/** What is stored of a key. */
export function hashApiKey(key: string): Buffer {
  return createHash('sha256').update(key).digest();
}

/** CRC-32 as six digits of 62. */
function sumOf(text: string): string {
  let rest = crc32(text);
  let digits = '';
  while (digits.length < SUM_LENGTH) {
    digits = (DIGITS[rest % DIGITS.length] ?? '') + digits;
    rest = Math.floor(rest / DIGITS.length);
  }
  return digits;
}
