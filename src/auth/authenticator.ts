import type { IncomingMessage } from 'node:http';
import { Injectable } from '@nestjs/common';
import passport from 'passport';
import type { ObjectId } from '../mongo/object-id.js';
import { ANONYMOUS, type Viewer } from '../tenancy/viewer.js';
import type { AccessClaims } from './access-tokens.js';
import { JwtStrategy } from './jwt.strategy.js';
import { ViewerCache } from './viewer-cache.js';

/** Who sends a request, as far as its credential tells. */
export interface Authentication {
  readonly viewer: Viewer;
  /** The tenant of a credential that counts; null without one. */
  readonly tenantId: ObjectId | null;
  /** When the credential ends. */
  readonly expiresAt: Date | null;
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
  ) {}

  async authenticate(request: Pick<IncomingMessage, 'headers'>): Promise<Authentication> {
    if (this.strategy.tokenOf(request) === null) {
      const rejection =
        request.headers.authorization && 'The Authorization header must be `Bearer <access token>`.';
      return anonymous(rejection);
    }
    const claims = await this.verify(request);
    if (!claims) return anonymous('The access token is not valid or has expired.');
    const viewer = await this.viewers.get(claims.tenantId, claims.sessionId);
    if (!viewer?.userId.equals(claims.userId)) return anonymous('The session is over.');
    return { viewer, tenantId: claims.tenantId, expiresAt: claims.expiresAt };
  }

  /** Passport's verdict on the token; null for one that does not count. */
  private verify(request: Pick<IncomingMessage, 'headers'>): Promise<AccessClaims | null> {
    return new Promise((resolve, reject) => {
      const callback = (error: unknown, claims: AccessClaims | false) => {
        if (error) reject(error instanceof Error ? error : new Error('Passport failed', { cause: error }));
        else resolve(claims || null);
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

function anonymous(rejection: string | undefined): Authentication {
  return {
    viewer: rejection ? Object.freeze({ ...ANONYMOUS, rejection }) : ANONYMOUS,
    tenantId: null,
    expiresAt: null,
  };
}
