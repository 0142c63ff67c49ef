import type { IncomingMessage } from 'node:http';
import { Injectable } from '@nestjs/common';
import jwt from 'jsonwebtoken';
import passport from 'passport';
import type { ObjectId } from '../mongo/object-id.js';
import { ANONYMOUS, type Viewer } from '../tenancy/viewer.js';
import { type AccessClaims, claimedTenant } from './access-tokens.js';
import { ApiKeyCache } from './api-key-cache.js';
import { isApiKey, parseApiKey } from './api-key-format.js';
import { JwtStrategy } from './jwt.strategy.js';
import { ViewerCache } from './viewer-cache.js';

/** Who sends a request, as far as its credential tells. */
export interface Authentication {
  readonly viewer: Viewer;
  /** The tenant of a credential that counts; null without one. */
  readonly tenantId: ObjectId | null;
  /** When the credential ends; null for one that does not end by itself. */
  readonly expiresAt: Date | null;
  /** An access token that this server has never made; null for all others, such as one that has expired. */
  readonly forgery?: Forgery;
}

/** What somebody has made up to get in. */
export interface Forgery {
  /** The tenant that it claims to be of. */
  readonly claimedTenantId: ObjectId | null;
  readonly reason: string;
}

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
 * Finds out who sends a request. A credential that does not count makes an anonymous viewer with the reason, not
 * an error: public operations, such as signing in again, must work in spite of it.
 */
@Injectable()
export class Authenticator {
  constructor(
    private readonly strategy: JwtStrategy,
    private readonly viewers: ViewerCache,
    private readonly keys: ApiKeyCache,
  ) {}

  async authenticate(request: Pick<IncomingMessage, 'headers'>): Promise<Authentication> {
    const token = this.strategy.tokenOf(request);
    if (token === null) return request.headers.authorization === undefined ? STRANGER : rejected(UNREADABLE);
    if (isApiKey(token)) return this.authenticateKey(token);
    const { claims, fault } = await this.verify(request);
    if (!claims) return { ...rejected(BAD_TOKEN), ...forgeryOf(token, fault) };
    const viewer = await this.viewers.get(claims.tenantId, claims.sessionId);
    if (!viewer?.userId.equals(claims.userId)) return rejected({ rejection: 'The session is over.' });
    return { viewer, tenantId: claims.tenantId, expiresAt: claims.expiresAt };
  }

  /** A mistyped key is refused by its checksum, without a look-up. */
  private async authenticateKey(key: string): Promise<Authentication> {
    const parsed = parseApiKey(key);
    return (parsed && (await this.keys.get(parsed))) ?? rejected(BAD_KEY);
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

function rejected(reason: Rejection): Authentication {
  return { ...STRANGER, viewer: Object.freeze({ ...ANONYMOUS, ...reason }) };
}

/** Signatures are checked before times, so whatever is out of its time was made here. */
function forgeryOf(token: string, fault: unknown): { forgery?: Forgery } {
  if (fault instanceof jwt.TokenExpiredError || fault instanceof jwt.NotBeforeError) return {};
  const reason = fault instanceof Error ? fault.message : 'not an access token';
  return { forgery: { claimedTenantId: claimedTenant(token), reason } };
}
