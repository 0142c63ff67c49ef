import { createSecretKey, type KeyObject } from 'node:crypto';
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

/** How tokens are checked, wherever they come in: one algorithm, our own issuer and audience. */
export const VERIFY_OPTIONS = {
  algorithms: ['HS256'],
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
      { algorithm: 'HS256', issuer: 'voho', audience: 'voho', header: { alg: 'HS256', typ: 'at+jwt' } },
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
