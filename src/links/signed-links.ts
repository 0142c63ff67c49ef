import { createHmac, timingSafeEqual } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { derivedKey } from '../config/derived-key.js';
import { SETTINGS, type Settings } from '../config/settings.js';

/** What a link leads to: the first part of its path. A link for one is none for another. */
export type LinkPurpose = 'recordings' | 'exports';

/** A link and when it ends. */
export interface SignedLink {
  readonly url: string;
  readonly expiresAt: Date;
}

/** Links to this server that work without a credential, for whoever has one, until they expire. */
@Injectable()
export class SignedLinks {
  constructor(@Inject(SETTINGS) private readonly settings: Settings) {}

  /** A link to a file, for that many milliseconds. */
  issue(purpose: LinkPurpose, file: string, lifetimeMs: number): SignedLink {
    const expiresAt = new Date(Date.now() + lifetimeMs);
    const expires = String(expiresAt.getTime());
    const signature = this.sign(purpose, file, expires).toString('base64url');
    const query = new URLSearchParams({ expires, signature });
    return { url: `${this.settings.PUBLIC_URL}/${purpose}/${file}?${query.toString()}`, expiresAt };
  }

  /** Whether a link is ours and still counts. */
  isValid(purpose: LinkPurpose, file: string, expires: unknown, signature: unknown): boolean {
    if (typeof expires !== 'string' || typeof signature !== 'string') return false;
    if (!(Number(expires) > Date.now())) return false;
    const expected = this.sign(purpose, file, expires);
    const given = Buffer.from(signature, 'base64url');
    return given.length === expected.length && timingSafeEqual(given, expected);
  }

  private sign(purpose: LinkPurpose, file: string, expires: string): Buffer {
    const key = derivedKey(this.settings.MASTER_KEY, `${purpose} links`);
    return createHmac('sha256', key).update(`${file}\0${expires}`).digest();
  }
}
