import { createHmac, timingSafeEqual } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { derivedKey } from '../config/derived-key.js';
import { SETTINGS, type Settings } from '../config/settings.js';

/** How long a link works. */
const LIFETIME_MS = 5 * 60_000;

/** Signed links to recordings: whoever has one may listen until it expires, without a credential. */
@Injectable()
export class RecordingLinks {
  private readonly key: Buffer;

  constructor(@Inject(SETTINGS) private readonly settings: Settings) {
    this.key = derivedKey(settings.MASTER_KEY, 'recording links');
  }

  issue(publicCallId: string): { url: string; expiresAt: Date } {
    const expiresAt = new Date(Date.now() + LIFETIME_MS);
    const expires = String(expiresAt.getTime());
    const query = new URLSearchParams({
      expires,
      signature: this.sign(publicCallId, expires).toString('base64url'),
    });
    return {
      url: `${this.settings.PUBLIC_URL}/recordings/${publicCallId}.wav?${query.toString()}`,
      expiresAt,
    };
  }

  /** Whether a link is ours and still counts. */
  isValid(publicCallId: string, expires: unknown, signature: unknown): boolean {
    if (typeof expires !== 'string' || typeof signature !== 'string' || !(Number(expires) > Date.now()))
      return false;
    const expected = this.sign(publicCallId, expires);
    const given = Buffer.from(signature, 'base64url');
    return given.length === expected.length && timingSafeEqual(given, expected);
  }

  private sign(publicCallId: string, expires: string): Buffer {
    return createHmac('sha256', this.key).update(`${publicCallId}\0${expires}`).digest();
  }
}
