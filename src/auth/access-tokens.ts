import { createSecretKey, type KeyObject } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { Inject, Injectable } from '@nestjs/common';
import jwt, { type VerifyOptions } from 'jsonwebtoken';
import { z } from 'zod';
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

/** Signs access tokens. The key is made an object once: parsing it per token costs far more than the check. */
@Injectable()
export class AccessTokens {
  readonly key: KeyObject;
  readonly lifetimeSeconds: number;

  constructor(@Inject(SETTINGS) settings: Settings) {
    this.key = createSecretKey(Buffer.from(settings.JWT_SECRET));
    this.lifetimeSeconds = settings.ACCESS_TOKEN_TTL;
  }

  sign(subject: Omit<AccessClaims, 'expiresAt'>): { token: string; expiresAt: Date } {
    const expiresAt = Math.floor(Date.now() / 1000) + this.lifetimeSeconds;
    const token = jwt.sign(
      {
        userId: toPublicId('user', subject.userId),
        tenantId: toPublicId('tenant', subject.tenantId),
        sessionId: toPublicId('session', subject.sessionId),
        exp: expiresAt,
      },
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
}

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
