import { createHmac, createSecretKey, type KeyObject } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { Inject, Injectable } from '@nestjs/common';
import jwt, { type VerifyOptions } from 'jsonwebtoken';
import { z } from 'zod';
import { TextSigner } from '../config/master-keys.js';
import { SETTINGS, type Settings } from '../config/settings.js';
import { fromPublicId, toPublicId } from '../ids/public-id.js';
import type { ObjectId } from '../mongo/object-id.js';

/** What an access token says, read and checked. */
export interface AccessClaims {
  readonly userId: ObjectId;
  readonly tenantId: ObjectId;
  readonly sessionId: ObjectId;
  readonly expiresAt: Date;
}

const payload = z.object({
  userId: z.string().transform(id => fromPublicId('user', id)),
  tenantId: z.string().transform(id => fromPublicId('tenant', id)),
  sessionId: z.string().transform(id => fromPublicId('session', id)),
  exp: z.number(),
});

/** The one header that our access tokens have: RFC 9068's type, and nothing that names a key or leads to one. */
const HEADER = { alg: 'HS256', typ: 'at+jwt' } as const;

/**
 * How tokens are checked, wherever they come in: one algorithm, our own issuer and audience. There is no tolerance for
 * clocks that differ: every token ends in all processes within the time that their clocks are apart.
 */
export const VERIFY_OPTIONS = {
  algorithms: [HEADER.alg],
  issuer: 'voho',
  audience: 'voho',
} as const satisfies VerifyOptions;

/** Bytes of the name of a key, and of the mark over it. */
const KEY_ID_BYTES = 6;
const KEY_MARK_BYTES = 12;

const keyed = z.object({
  userId: z.string(),
  tenantId: z.string(),
  sessionId: z.string(),
  exp: z.number(),
  keyId: z.string(),
  keyMark: z.string(),
});
type Keyed = Omit<z.infer<typeof keyed>, 'keyMark'>;

/**
 * Signs access tokens. The key is made an object once: parsing it per token costs far more than the check. Each token
 * names the key that has signed it, under a mark that only MASTER_KEY makes. So a token of before the last change of
 * JWT_SECRET is told from one that was never made here.
 */
@Injectable()
export class AccessTokens {
  readonly key: KeyObject;
  readonly lifetimeSeconds: number;
  private readonly keyId: string;
  private readonly marker: TextSigner;

  constructor(@Inject(SETTINGS) settings: Settings) {
    this.key = createSecretKey(Buffer.from(settings.JWT_SECRET));
    this.lifetimeSeconds = settings.ACCESS_TOKEN_TTL;
    this.keyId = createHmac('sha256', this.key)
      .update('voho access token key')
      .digest()
      .subarray(0, KEY_ID_BYTES)
      .toString('base64url');
    this.marker = new TextSigner(settings, 'access token key', KEY_MARK_BYTES);
  }

  sign(subject: Omit<AccessClaims, 'expiresAt'>): { token: string; expiresAt: Date } {
    const expiresAt = Math.floor(Date.now() / 1000) + this.lifetimeSeconds;
    const claims = {
      userId: toPublicId('user', subject.userId),
      tenantId: toPublicId('tenant', subject.tenantId),
      sessionId: toPublicId('session', subject.sessionId),
      exp: expiresAt,
      keyId: this.keyId,
    };
    const token = jwt.sign(
      { ...claims, keyMark: this.marker.sign(marked(claims)).toString('base64url') },
      this.key,
      {
        algorithm: HEADER.alg,
        issuer: VERIFY_OPTIONS.issuer,
        audience: VERIFY_OPTIONS.audience,
        header: HEADER,
      },
    );
    return { token, expiresAt: new Date(expiresAt * 1000) };
  }

  /**
   * Whether a token whose signature does not fit was made here, with another JWT_SECRET than the present one. Says so
   * of nothing that names the present key, has another header than ours, or claims what was not marked here.
   */
  isOfAnotherKey(token: string): boolean {
    const parsed = keyed.safeParse(hasOurHeader(token) ? jwt.decode(token) : null);
    if (!parsed.success) return false;
    const { keyMark, ...claims } = parsed.data;
    return (
      claims.keyId !== this.keyId && this.marker.isGenuine(marked(claims), Buffer.from(keyMark, 'base64url'))
    );
  }
}

const marked = ({ userId, tenantId, sessionId, exp, keyId }: Keyed): string =>
  [userId, tenantId, sessionId, exp, keyId].join('\0');

/** Reads the claims of a token whose signature has been checked; null when they are not ours. */
export function readClaims(verified: unknown): AccessClaims | null {
  const parsed = payload.safeParse(verified);
  if (!parsed.success) return null;
  const { userId, tenantId, sessionId, exp } = parsed.data;
  if (!userId || !tenantId || !sessionId) return null;
  return { userId, tenantId, sessionId, expiresAt: new Date(exp * 1000) };
}

/** Whether a token has the header of our access tokens, to the letter; looked at before its signature is. */
export function hasOurHeader(token: string): boolean {
  const header = jwt.decode(token, { complete: true })?.header;
  return isDeepStrictEqual(header, HEADER);
}

/** The tenant that a token claims to be of, whoever has made it; null where it claims none. */
export function claimedTenant(token: string): ObjectId | null {
  const claims = jwt.decode(token);
  const id = typeof claims === 'object' ? (claims?.['tenantId'] as unknown) : null;
  return typeof id === 'string' ? fromPublicId('tenant', id) : null;
}
