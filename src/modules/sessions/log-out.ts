import { Injectable } from '@nestjs/common';
import { SessionsRepository } from '../../auth/sessions.repository.js';
import { signedIn } from '../../auth/signed-in.js';
import { ViewerCache } from '../../auth/viewer-cache.js';
import { UnitOfWork } from '../../mongo/unit-of-work.js';
import { TenantContext } from '../../tenancy/tenant-context.js';
import { AuditLog } from '../audit/audit-log.js';

/** Ends the viewer's own sessions. Their access tokens stop counting within a second, in all processes. */
@Injectable()
export class LogOut {
  constructor(
    private readonly sessions: SessionsRepository,
    private readonly viewers: ViewerCache,
    private readonly audit: AuditLog,
    private readonly work: UnitOfWork,
    private readonly context: TenantContext,
  ) {}

  /** Ends the session that the request came with. */
  async here(): Promise<void> {
    const { sessionId } = signedIn(this.context.viewer);
    await this.end(() => this.sessions.end(sessionId), {});
  }

  /** Ends all of the viewer's sessions. */
  async everywhere(): Promise<void> {
    const { userId } = signedIn(this.context.viewer);
    await this.end(() => this.sessions.endAllOf(userId), { everywhere: true });
  }

  private async end(end: () => Promise<void>, details: { everywhere?: true }): Promise<void> {
    await this.work.run(async () => {
      await end();
      await this.audit.record({ action: 'user.logout', details });
      this.work.afterCommit(() => {
        this.viewers.clear();
      });
    });
  }
}
