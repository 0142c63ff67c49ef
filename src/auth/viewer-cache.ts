import { Injectable } from '@nestjs/common';
import { type TenantKey, tenantKey } from '../ids/tenant-key.js';
import type { ObjectId } from '../mongo/object-id.js';
import { BriefCache } from '../tenancy/brief-cache.js';
import { TenantRunner } from '../tenancy/tenant-runner.js';
import { jobScope } from '../tenancy/tenant-scope.js';
import type { Role, UserViewer } from '../tenancy/viewer.js';
import { SessionsRepository } from './sessions.repository.js';
import { UsersRepository } from './users.repository.js';

/** How old knowledge about a session may be: a right taken away anywhere is gone everywhere within this time. */
export const VIEWER_LIFETIME_MS = 1000;

const MOST_KEPT = 20_000;

/** What a look at a session has found. A session that is over stays so, and is remembered too. */
interface Look {
  readonly viewer: UserViewer | null;
}

/** Who stands behind a session, read from the database at most once a second per process. */
@Injectable()
export class ViewerCache {
  private readonly cache = new BriefCache<TenantKey, Look>(VIEWER_LIFETIME_MS, MOST_KEPT);

  constructor(
    private readonly sessions: SessionsRepository,
    private readonly users: UsersRepository,
    private readonly runner: TenantRunner,
  ) {}

  /** The session's viewer, or null when the session is over or its user may not act. */
  async get(tenantId: ObjectId, sessionId: ObjectId): Promise<UserViewer | null> {
    const key = tenantKey(tenantId, sessionId.toHexString());
    const look = await this.cache.get(key, async () => ({ viewer: await this.read(tenantId, sessionId) }));
    return look?.viewer ?? null;
  }

  /** Forgets everything, so that a change made in this process counts at once here. */
  clear(): void {
    this.cache.clear();
  }

  private read(tenantId: ObjectId, sessionId: ObjectId): Promise<UserViewer | null> {
    return this.runner.run(jobScope(tenantId, 'authenticator'), async () => {
      const session = await this.sessions.findById(sessionId);
      if (!session || session.endedAt || session.expiresAt < new Date()) return null;
      const user = await this.users.findById(session.userId);
      if (!user?.isActive) return null;
      return userViewer(user, sessionId);
    });
  }
}

/** The viewer that a user is in one of his sessions. */
export function userViewer(
  user: { _id: ObjectId; role: Role; email: string },
  sessionId: ObjectId,
): UserViewer {
  return Object.freeze({ kind: 'user', userId: user._id, sessionId, role: user.role, label: user.email });
}
