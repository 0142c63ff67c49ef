import { createHmac, timingSafeEqual } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { derivedKeys, TextSigner } from '../../config/master-keys.js';
import { SETTINGS, type Settings } from '../../config/settings.js';
import { StoreClock } from '../../mongo/store-clock.js';

/** How old a signature may be, and how far its clock may run ahead. */
const MAX_AGE_MS = 60_000;
const MAX_SKEW_MS = 30_000;

/** Something that the provider says it has signed: hex HMAC-SHA256 of message and timestamp, one for each secret. */
export interface SignedMessage {
  readonly message: Uint8Array | string;
  readonly timestamp: unknown;
  /** Separated by commas. */
  readonly signatures: unknown;
}

/** Secrets that the provider signs with, one per call and those of the account, and the check of what it signed. */
@Injectable()
export class ProviderSignatures {
  private readonly keys: readonly [Buffer, ...Buffer[]];
  private readonly callMarks: TextSigner;

  constructor(
    @Inject(SETTINGS) private readonly settings: Settings,
    private readonly clock: StoreClock,
  ) {
    this.keys = derivedKeys(settings, 'provider callbacks');
    this.callMarks = new TextSigner(settings, 'provider call marks', 16);
  }

  /**
   * The secret of one call. Whoever has an account can read the secrets of its calls; those of calls in other accounts,
   * also of the same tenant, do not follow from them.
   */
  secretOf(publicCallId: string): string {
    return secretFrom(this.keys[0], publicCallId);
  }

  /** Whether it was signed for this call, less than a minute ago. */
  isGenuine(publicCallId: string, signed: SignedMessage): boolean {
    return this.isSignedWith(
      this.keys.map(key => secretFrom(key, publicCallId)),
      signed,
    );
  }

  /** Whether it was signed by the platform's provider account, with any of its secrets, less than a minute ago. */
  isFromAccount(signed: SignedMessage): boolean {
    return this.isSignedWith(this.settings.ULTRAVOX_WEBHOOK_SECRET, signed);
  }

  /** A mark that only we can make: it says in a call's metadata at the provider that the call is the one of this id. */
  markOf(publicCallId: string): string {
    return this.callMarks.sign(publicCallId).toString('base64url');
  }

  isMarkOf(publicCallId: string, mark: string): boolean {
    return this.callMarks.isGenuine(publicCallId, Buffer.from(mark, 'base64url'));
  }

  private isSignedWith(
    secrets: readonly string[],
    { message, timestamp, signatures }: SignedMessage,
  ): boolean {
    if (typeof timestamp !== 'string' || typeof signatures !== 'string') return false;
    const age = this.clock.now().getTime() - Date.parse(timestamp);
    if (!(age < MAX_AGE_MS && age > -MAX_SKEW_MS)) return false;
    const given = signatures.split(',', MOST_SIGNATURES).map(item => Buffer.from(item.trim(), 'hex'));
    return secrets.some(secret => {
      const expected = createHmac('sha256', secret).update(message).update(timestamp).digest();
      return given.some(item => item.length === expected.length && timingSafeEqual(item, expected));
    });
  }
}

/** The provider signs once for each secret; an account has no more. */
const MOST_SIGNATURES = 20;

const secretFrom = (key: Buffer, publicCallId: string): string =>
  createHmac('sha256', key).update(publicCallId).digest('base64url');
