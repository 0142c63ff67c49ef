import { Injectable } from '@nestjs/common';
import type { CredentialDocument } from '../../auth/credential.schema.js';
import { Credentials } from '../../auth/credentials.js';
import { SessionsRepository } from '../../auth/sessions.repository.js';
import { UsersRepository } from '../../auth/users.repository.js';
import { ViewerCache } from '../../auth/viewer-cache.js';
import { DomainError } from '../../errors/domain-error.js';
import { toPublicId } from '../../ids/public-id.js';
import { UnitOfWork } from '../../mongo/unit-of-work.js';
import type { TenantDocument } from '../../tenancy/tenant.schema.js';
import { AuditLog } from '../audit/audit-log.js';
import { type OpenedSession, SessionOpener } from './session-opener.js';
import { TokenTenant } from './token-tenant.js';

/**
 * Exchanges refresh tokens. A token counts once: whoever sends one again may have stolen it, or been stolen from,
 * and the server cannot tell which, so the whole session ends. This also holds for two exchanges at the same time,
 * of which the second comes too late.
 */
@Injectable()
export class RefreshSession {
  constructor(
    private readonly credentials: Credentials,
    private readonly tokenTenant: TokenTenant,
    private readonly sessions: SessionsRepository,
    private readonly users: UsersRepository,
    private readonly opener: SessionOpener,
    private readonly viewers: ViewerCache,
    private readonly audit: AuditLog,
    private readonly work: UnitOfWork,
  ) {}

  /** @throws DomainError UNAUTHENTICATED for a token that does not count, and as TokenTenant.enter. */
  async run(token: string): Promise<OpenedSession> {
    const entry = await this.credentials.find('refresh', token);
    const opened =
      entry &&
      (await this.tokenTenant.enter(entry, tenant => this.work.run(() => this.exchange(entry, tenant))));
    if (!opened) throw new DomainError('UNAUTHENTICATED', 'The session is over: sign in again.');
    return opened;
  }

  /** Returns null rather than throwing where it refuses, so that the end of a session is committed. */
  private async exchange(entry: CredentialDocument, tenant: TenantDocument): Promise<OpenedSession | null> {
    const session = await this.sessions.findById(entry.subjectId);
    if (!session || session.endedAt || session.expiresAt <= new Date()) return null;
    const user = await this.users.findById(session.userId);
    if (!user?.isActive) return null;
    if (session.refreshHash === entry._id) return this.opener.renew(session._id, entry._id, user, tenant);
    await this.sessions.end(session._id);
    await this.audit.record({
      action: 'security.refresh_token_reused',
      details: { sessionId: toPublicId('session', session._id) },
      actor: { id: user._id, label: user.email },
    });
    this.work.afterCommit(() => {
      this.viewers.clear();
    });
    return null;
  }
}
