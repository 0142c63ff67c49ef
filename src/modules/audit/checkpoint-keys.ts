import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { derivedKeys } from '../../config/master-keys.js';
import { SETTINGS, type Settings } from '../../config/settings.js';

/** What stands before the 32 bytes of an Ed25519 key in PKCS #8. */
const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex');

/**
 * Signs checkpoints with Ed25519. The keys are derived from the master keys, so whoever can write to the database alone
 * cannot sign; the public ones are for whoever checks.
 */
@Injectable()
export class CheckpointKeys {
  private readonly keys: readonly [KeyObject, ...KeyObject[]];

  constructor(@Inject(SETTINGS) settings: Settings) {
    const [current, ...former] = derivedKeys(settings, 'audit checkpoint');
    this.keys = [keyOf(current), ...former.map(keyOf)];
  }

  /** The public keys as PEM, one behind the other; the current one comes first. */
  get publicKeys(): string {
    return this.keys.map(key => createPublicKey(key).export({ type: 'spki', format: 'pem' })).join('');
  }

  /** Which key signs now: the beginning of the public key's SHA-256. */
  get currentKeyId(): string {
    const der = createPublicKey(this.keys[0]).export({ type: 'spki', format: 'der' });
    return createHash('sha256').update(der).digest('hex').slice(0, 16);
  }

  sign(text: string): string {
    return sign(null, Buffer.from(text), this.keys[0]).toString('base64');
  }

  /** Whether a text was signed here, with this master key or one before it. */
  isGenuine(text: string, signature: string): boolean {
    return this.keys.some(key => verify(null, Buffer.from(text), key, Buffer.from(signature, 'base64')));
  }
}

const keyOf = (seed: Buffer): KeyObject =>
  createPrivateKey({ key: Buffer.concat([PKCS8_PREFIX, seed]), format: 'der', type: 'pkcs8' });
