import { Injectable } from '@nestjs/common';
import type { CredentialDocument } from '../../auth/credential.schema.js';
import { AttemptLimits } from '../../auth/attempt-limits.js';
import { Credentials } from '../../auth/credentials.js';
import { SessionsRepository } from '../../auth/sessions.repository.js';
import { UsersRepository } from '../../auth/users.repository.js';
import { ViewerCache } from '../../auth/viewer-cache.js';
import { DomainError } from '../../errors/domain-error.js';
import { toPublicId } from '../../ids/public-id.js';
import { StoreClock } from '../../mongo/store-clock.js';
import { UnitOfWork } from '../../mongo/unit-of-work.js';
import { Metrics } from '../../telemetry/metrics.js';
import type { TenantDocument } from '../../tenancy/tenant.schema.js';
import { AuditLog } from '../audit/audit-log.js';
import { type OpenedSession, SessionOpener } from './session-opener.js';
import { TokenTenant } from './token-tenant.js';

/**
 * How long after its exchange a token may come again without harm: a request may have waited for its turn for 5 s, and
 * been on its way. It gets no tokens in that time either.
 */
export const RACE_MS = 8000;

/** What came of an exchange that gave no tokens. */
type Refusal = 'over' | 'reused' | 'outrun';

/**
 * Exchanges refresh tokens. A token gives tokens once. A token that comes again later may be stolen, and the server
 * cannot tell who stole it, so the whole session ends. Within {@link RACE_MS} of the exchange it comes from a request of
 * the same client, such as another tab: that request is told so, gets nothing, and the session lives.
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
    private readonly clock: StoreClock,
  ) {}

  /**
   * @throws DomainError UNAUTHENTICATED for a token that does not count, RATE_LIMITED after too many of those, and as
   * TokenTenant.enter.
   */
  async run(token: string): Promise<OpenedSession> {
    const arrivedAt = this.clock.now();
    await this.limits.take('refresh-token');
    const entry = await this.credentials.find('refresh', token);
    const outcome = entry
      ? await this.tokenTenant.enter(entry, tenant =>
          this.work.run(() => this.exchange(entry, tenant, arrivedAt)),
        )
      : 'over';
    if (typeof outcome === 'string' && outcome !== 'outrun') throw sessionOver();
    await this.limits.giveBack('refresh-token');
    if (outcome === 'outrun') throw outrun();
    return outcome;
  }

  /**
   * Returns a refusal rather than throwing it, so that the end of a session is committed.
   * @param arrivedAt when the request came, by StoreClock.
   */
  private async exchange(
    entry: CredentialDocument,
    tenant: TenantDocument,
    arrivedAt: Date,
  ): Promise<OpenedSession | Refusal> {
    const session = await this.sessions.findById(entry.subjectId);
    if (!session || session.expiresAt <= new Date()) return 'over';
    const user = await this.users.findById(session.userId);
    if (!user?.isActive) return 'over';
    if (session.endedAt === null && session.refreshHash === entry._id) {
      this.work.afterCommit(() => {
        if (session.role !== user.role) this.viewers.clear();
      });
      await this.credentials.noteExchange(entry._id, this.clock.now());
      return this.opener.renew(session, user, tenant);
    }
    if (!(await this.sessions.hasOpen(session))) return 'over';
    const exchangedAt = await this.credentials.exchangedAt(entry._id);
    if (exchangedAt && arrivedAt.getTime() - exchangedAt.getTime() <= RACE_MS) return 'outrun';
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
    'This token was exchanged by another request at the same moment: go on with the tokens that it got.',
  );
