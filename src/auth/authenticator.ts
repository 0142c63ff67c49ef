import type { IncomingMessage } from 'node:http';
import { Injectable } from '@nestjs/common';
import jwt from 'jsonwebtoken';
import passport from 'passport';
import type { ObjectId } from '../mongo/object-id.js';
import { ANONYMOUS, type Viewer } from '../tenancy/viewer.js';
import { type AccessClaims, AccessTokens, claimedTenant } from './access-tokens.js';
import { ApiKeyCache, type RefusedApiKey } from './api-key-cache.js';
import { isApiKey, parseApiKey, type ParsedApiKey } from './api-key-format.js';
import { JwtStrategy } from './jwt.strategy.js';
import { ViewerCache } from './viewer-cache.js';

/** Who sends a request, as far as its credential tells. */
export interface Authentication {
  readonly viewer: Viewer;
  /** The tenant of a credential that counts; null without one. */
  readonly tenantId: ObjectId | null;
  /** When the credential ends; null for one that does not end by itself. */
  readonly expiresAt: Date | null;
  /** An access token that this server has never made; absent for all others, such as one that has expired. */
  readonly forgery?: Forgery;
  /** An access token that was made here and signed with another JWT_SECRET than the present one. */
  readonly isOfAnotherKey?: boolean;
  /** A key of a tenant that was sent and does not count; absent for all others, such as one of no tenant. */
  readonly refusedKey?: RefusedApiKey;
}

/** What somebody has made up to get in. */
export interface Forgery {
  /** The tenant that it claims to be of. */
  readonly claimedTenantId: ObjectId | null;
  readonly reason: string;
}

/** A credential as it was sent: what can be told of it without any look-up. */
export type Presented =
  | { readonly kind: 'nothing'; readonly authentication: Authentication }
  | { readonly kind: 'session'; readonly claims: AccessClaims }
  | { readonly kind: 'key'; readonly key: ParsedApiKey };

interface Verdict {
  readonly claims: AccessClaims | null;
  readonly fault: unknown;
}

/** Why a credential does not count; see AnonymousViewer. */
interface Rejection {
  readonly rejection: string;
  readonly isFinal?: boolean;
}

/**
 * Finds out who sends a request, in two steps: what the credential itself tells, which costs no look-up, and what is
 * stored of it. A credential that does not count makes an anonymous viewer with the reason, not an error: public
 * operations, such as signing in again, must work in spite of it.
 */
@Injectable()
export class Authenticator {
  constructor(
    private readonly strategy: JwtStrategy,
    private readonly tokens: AccessTokens,
    private readonly viewers: ViewerCache,
    private readonly keys: ApiKeyCache,
  ) {}

  /** Reads the credential of a request, checks its signature or checksum, and looks nothing up. */
  async read(request: Pick<IncomingMessage, 'headers'>): Promise<Presented> {
    const token = this.strategy.tokenOf(request);
    if (token === null)
      return nothing(request.headers.authorization === undefined ? STRANGER : rejected(UNREADABLE));
    if (isApiKey(token)) {
      const key = parseApiKey(token);
      return key ? { kind: 'key', key } : nothing(rejected(BAD_KEY));
    }
    const { claims, fault } = await this.verify(request);
    if (claims) return { kind: 'session', claims };
    if (isOutOfTime(fault)) return nothing(rejected(BAD_TOKEN));
    if (this.tokens.isOfAnotherKey(token)) return nothing({ ...rejected(BAD_TOKEN), isOfAnotherKey: true });
    const reason = fault instanceof Error ? fault.message : 'not an access token';
    return nothing({ ...rejected(BAD_TOKEN), forgery: { claimedTenantId: claimedTenant(token), reason } });
  }

  /** Whether a look-up of the credential is one that was not made up: it was signed here, or has counted lately. */
  isTrusted(presented: Presented): boolean {
    return presented.kind === 'session' || (presented.kind === 'key' && this.keys.hasCounted(presented.key));
  }

  /** Looks up what is stored of a credential. */
  async lookUp(presented: Presented): Promise<Authentication> {
    switch (presented.kind) {
      case 'nothing':
        return presented.authentication;
      case 'key': {
        const { known, refused } = await this.keys.get(presented.key);
        return known ?? { ...rejected(BAD_KEY), ...(refused && { refusedKey: refused }) };
      }
      case 'session': {
        const { tenantId, sessionId, userId, expiresAt } = presented.claims;
        const viewer = await this.viewers.get(tenantId, sessionId);
        if (!viewer?.userId.equals(userId)) return rejected({ rejection: 'The session is over.' });
        return { viewer, tenantId, expiresAt };
      }
    }
  }

  /** Passport's verdict on the token: what it says, or why it does not count. */
  private verify(request: Pick<IncomingMessage, 'headers'>): Promise<Verdict> {
    return new Promise((resolve, reject) => {
      const callback = (error: unknown, claims: AccessClaims | false, fault: unknown) => {
        if (error) reject(error instanceof Error ? error : new Error('Passport failed', { cause: error }));
        else resolve({ claims: claims || null, fault });
      };
      const middleware = passport.authenticate(this.strategy, { session: false }, callback) as (
        request: unknown,
        response: unknown,
        next: (error?: unknown) => void,
      ) => void;
      middleware(request, {}, error => {
        reject(error);
      });
    });
  }
}

const STRANGER: Authentication = { viewer: ANONYMOUS, tenantId: null, expiresAt: null };

const UNREADABLE: Rejection = {
  rejection: 'The Authorization header must be `Bearer <access token or API key>`.',
};
const BAD_TOKEN: Rejection = { rejection: 'The access token is not valid or has expired.' };
const BAD_KEY: Rejection = {
  rejection: 'The API key is not valid, has expired or was revoked.',
  isFinal: true,
};

const nothing = (authentication: Authentication): Presented => ({ kind: 'nothing', authentication });

function rejected(reason: Rejection): Authentication {
  return { ...STRANGER, viewer: Object.freeze({ ...ANONYMOUS, ...reason }) };
}

/** Signatures are checked before times, so a token that is out of its time was made here. */
const isOutOfTime = (fault: unknown): boolean =>
  fault instanceof jwt.TokenExpiredError || fault instanceof jwt.NotBeforeError;
