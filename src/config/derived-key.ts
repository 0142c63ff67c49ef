import { hkdfSync } from 'node:crypto';

/** A 256-bit key for one purpose, derived from the master key, so that no two purposes ever share a key. */
export function derivedKey(masterKey: string, purpose: string): Buffer {
  return Buffer.from(hkdfSync('sha256', masterKey, '', `voho ${purpose}`, 32));
}
