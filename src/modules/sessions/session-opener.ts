import { Injectable } from '@nestjs/common';
import { AccessTokens } from '../../auth/access-tokens.js';
import { Credentials, type IssuedToken } from '../../auth/credentials.js';
import { SessionsRepository } from '../../auth/sessions.repository.js';
import type { SessionDocument } from '../../auth/session.schema.js';
import type { UserDocument } from '../../auth/user.schema.js';
import { newObjectId, type ObjectId } from '../../mongo/object-id.js';
import { TenantContext } from '../../tenancy/tenant-context.js';
import type { TenantDocument } from '../../tenancy/tenant.schema.js';

/** How long a refresh token counts, and so how long a session lives without being used. */
const REFRESH_LIFETIME_MS = 30 * 86_400_000;

/** A token as its holder gets it. */
export interface SessionToken {
  readonly token: string;
  readonly expiresAt: Date;
}

/** What a sign-in or a refresh gives to the user. */
export interface OpenedSession {
  readonly access: SessionToken;
  readonly refresh: SessionToken;
  readonly user: UserDocument;
  readonly tenant: TenantDocument;
}

/** Makes sessions and their tokens. Everything happens in the running transaction and the running tenant. */
@Injectable()
export class SessionOpener {
  constructor(
    private readonly sessions: SessionsRepository,
    private readonly credentials: Credentials,
    private readonly accessTokens: AccessTokens,
    private readonly context: TenantContext,
  ) {}

  /** Opens a new session; never continues one that was there, so that nobody can plant his own on somebody. */
  open(user: UserDocument, tenant: TenantDocument): Promise<OpenedSession> {
    return this.add(newObjectId(), user, tenant);
  }

  /**
   * Gives a session new tokens in the place of those that it has. Where the user has got other rights since it was
   * opened, another session takes its place, so that no id of before leads to what he may do now.
   * @throws when the session changes under the running transaction.
   */
  async renew(session: SessionDocument, user: UserDocument, tenant: TenantDocument): Promise<OpenedSession> {
    if (session.role !== user.role) {
      await this.sessions.end(session._id);
      return this.add(session.familyId, user, tenant);
    }
    const { refresh, hash } = await this.issueRefresh(session._id);
    const renewed = await this.sessions.rotate(session._id, session.refreshHash, hash, refresh.expiresAt);
    if (!renewed) throw new Error('The session changed under its own transaction');
    return { access: this.signAccess(user, session._id), refresh, user, tenant };
  }

  private async add(familyId: ObjectId, user: UserDocument, tenant: TenantDocument): Promise<OpenedSession> {
    const sessionId = newObjectId();
    const { refresh, hash } = await this.issueRefresh(sessionId);
    await this.sessions.add({
      _id: sessionId,
      userId: user._id,
      familyId,
      role: user.role,
      refreshHash: hash,
      createdAt: new Date(),
      expiresAt: refresh.expiresAt,
      endedAt: null,
    });
    return { access: this.signAccess(user, sessionId), refresh, user, tenant };
  }

  private async issueRefresh(
    sessionId: ObjectId,
  ): Promise<{ refresh: SessionToken; hash: IssuedToken['hash'] }> {
    const expiresAt = new Date(Date.now() + REFRESH_LIFETIME_MS);
    const { token, hash } = await this.credentials.issue({
      kind: 'refresh',
      tenantId: this.context.tenant.id,
      subjectId: sessionId,
      expiresAt,
    });
    return { refresh: { token, expiresAt }, hash };
  }

  private signAccess(user: UserDocument, sessionId: ObjectId): SessionToken {
    return this.accessTokens.sign({ userId: user._id, tenantId: this.context.tenant.id, sessionId });
  }
}
