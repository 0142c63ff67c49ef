import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';

/** The master keys: the one that everything new is made with, and those before it, which still open and verify. */
export interface MasterKeys {
  readonly MASTER_KEY: string;
  readonly MASTER_KEY_PREVIOUS: readonly string[];
}

/**
 * The 256-bit keys for one purpose, derived from the master keys, so that no two purposes ever share a key. The
 * current one comes first: make new things with it, and accept what was made with any.
 */
export function derivedKeys(
  { MASTER_KEY, MASTER_KEY_PREVIOUS }: MasterKeys,
  purpose: string,
): readonly [Buffer, ...Buffer[]] {
  const derive = (key: string) => Buffer.from(hkdfSync('sha256', key, '', `voho ${purpose}`, 32));
  return [derive(MASTER_KEY), ...MASTER_KEY_PREVIOUS.map(derive)];
}

/** Signs short-lived texts of one purpose with HMAC-SHA256, so that they can be handed out and taken back. */
export class TextSigner {
  private readonly keys: readonly [Buffer, ...Buffer[]];

  /** `bytes`: how much of each signature is used. */
  constructor(
    masterKeys: MasterKeys,
    purpose: string,
    private readonly bytes = 32,
  ) {
    this.keys = derivedKeys(masterKeys, purpose);
  }

  sign(text: string | Buffer): Buffer {
    return this.signWith(this.keys[0], text);
  }

  /** Whether the signature was made here, with this master key or one before it. In constant time. */
  isGenuine(text: string | Buffer, signature: Buffer): boolean {
    return this.keys.some(key => {
      const expected = this.signWith(key, text);
      return expected.length === signature.length && timingSafeEqual(expected, signature);
    });
  }

  private signWith(key: Buffer, text: string | Buffer): Buffer {
    return createHmac('sha256', key).update(text).digest().subarray(0, this.bytes);
  }
}
