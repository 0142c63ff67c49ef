import { createHmac, timingSafeEqual } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { derivedKey } from '../../config/derived-key.js';
import { SETTINGS, type Settings } from '../../config/settings.js';
import type { ObjectId } from '../../mongo/object-id.js';
import { StoreClock } from '../../mongo/store-clock.js';

/** How old a signature may be, and how far its clock may run ahead. */
const MAX_AGE_MS = 60_000;
const MAX_SKEW_MS = 30_000;

/** Secrets that the provider signs with, one per tenant, and the check of what it signed. */
@Injectable()
export class ProviderSignatures {
  private readonly key: Buffer;

  constructor(
    @Inject(SETTINGS) settings: Settings,
    private readonly clock: StoreClock,
  ) {
    this.key = derivedKey(settings.MASTER_KEY, 'provider callbacks');
  }

  /** The secret of a tenant's calls. */
  secretOf(tenantId: ObjectId): string {
    return createHmac('sha256', this.key).update(tenantId.toHexString()).digest('base64url');
  }

  /**
   * Whether one of the comma-separated signatures is ours: hex HMAC-SHA256 of the message and the timestamp, not
   * older than a minute.
   */
  isGenuine(
    tenantId: ObjectId,
    message: Uint8Array | string,
    timestamp: unknown,
    signatures: unknown,
  ): boolean {
    if (typeof timestamp !== 'string' || typeof signatures !== 'string') return false;
    const age = this.clock.now().getTime() - Date.parse(timestamp);
    if (!(age < MAX_AGE_MS && age > -MAX_SKEW_MS)) return false;
    const expected = createHmac('sha256', this.secretOf(tenantId)).update(message).update(timestamp).digest();
    return signatures.split(',').some(item => {
      const given = Buffer.from(item.trim(), 'hex');
      return given.length === expected.length && timingSafeEqual(given, expected);
    });
  }
}
