import { Injectable } from '@nestjs/common';
import type { CredentialDocument } from '../../auth/credential.schema.js';
import { AttemptLimits } from '../../auth/attempt-limits.js';
import { Credentials } from '../../auth/credentials.js';
import { SessionsRepository } from '../../auth/sessions.repository.js';
import { UsersRepository } from '../../auth/users.repository.js';
import { ViewerCache } from '../../auth/viewer-cache.js';
import { DomainError } from '../../errors/domain-error.js';
import { toPublicId } from '../../ids/public-id.js';
import { UnitOfWork } from '../../mongo/unit-of-work.js';
import { Metrics } from '../../telemetry/metrics.js';
import type { TenantDocument } from '../../tenancy/tenant.schema.js';
import { AuditLog } from '../audit/audit-log.js';
import { type OpenedSession, SessionOpener } from './session-opener.js';
import { TokenTenant } from './token-tenant.js';

/** What came of an exchange that gave no tokens. */
type Refusal = 'over' | 'reused' | 'outrun';

/**
 * Exchanges refresh tokens. A token counts once: whoever sends one again may have stolen it, or been stolen from,
 * and the server cannot tell which, so the whole session ends. Requests that were under way at the same time are no
 * reuse: one of them passes, the others are told to go on with its tokens, and the session lives.
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
    private readonly limits: AttemptLimits,
    private readonly metrics: Metrics,
  ) {}

  /**
   * @throws DomainError UNAUTHENTICATED for a token that does not count, RATE_LIMITED after too many of those, and as
   * TokenTenant.enter.
   */
  async run(token: string): Promise<OpenedSession> {
    await this.limits.take('refresh-token');
    const entry = await this.credentials.find('refresh', token);
    const outcome = entry
      ? await this.tokenTenant.enter(entry, async tenant => {
          // Nobody has an answer yet of an exchange that cannot be seen here.
          const seen = await this.sessions.findById(entry.subjectId);
          const hadTurn = seen?.endedAt === null && seen.refreshHash === entry._id;
          return this.work.run(() => this.exchange(entry, tenant, hadTurn));
        })
      : 'over';
    if (typeof outcome === 'string' && outcome !== 'outrun') throw sessionOver();
    await this.limits.giveBack('refresh-token');
    if (outcome === 'outrun') throw outrun();
    return outcome;
  }

  /**
   * Returns a refusal rather than throwing it, so that the end of a session is committed.
   * @param hadTurn whether the token counted when the request came.
   */
  private async exchange(
    entry: CredentialDocument,
    tenant: TenantDocument,
    hadTurn: boolean,
  ): Promise<OpenedSession | Refusal> {
    const session = await this.sessions.findById(entry.subjectId);
    if (!session || session.expiresAt <= new Date()) return 'over';
    const user = await this.users.findById(session.userId);
    if (!user?.isActive) return 'over';
    if (session.endedAt === null && session.refreshHash === entry._id) {
      this.work.afterCommit(() => {
        if (session.role !== user.role) this.viewers.clear();
      });
      return this.opener.renew(session, user, tenant);
    }
    if (!(await this.sessions.hasOpen(session))) return 'over';
    if (hadTurn) return 'outrun';
    await this.sessions.endFamily(session);
    await this.audit.record({
      action: 'security.refresh_token_reused',
      details: { sessionId: toPublicId('session', session._id) },
      actor: { id: user._id, label: user.email },
    });
    this.work.afterCommit(() => {
      this.viewers.clear();
      this.metrics.securityEvents.inc({ event: 'refresh_token_reused' });
    });
    return 'reused';
  }
}

const sessionOver = () => new DomainError('UNAUTHENTICATED', 'The session is over: sign in again.');
const outrun = () =>
  new DomainError(
    'UNAUTHENTICATED',
    'Another request has exchanged this token at the same moment: go on with the tokens that it got.',
  );
