import { Injectable } from '@nestjs/common';
import type { ObjectId } from '../mongo/object-id.js';
import { TenantRunner } from '../tenancy/tenant-runner.js';
import { jobScope } from '../tenancy/tenant-scope.js';
import type { Role, UserViewer } from '../tenancy/viewer.js';
import { SessionsRepository } from './sessions.repository.js';
import { UsersRepository } from './users.repository.js';

/** How old knowledge about a session may be: a right taken away anywhere is gone everywhere within this time. */
export const VIEWER_LIFETIME_MS = 1000;

const MOST_KEPT = 20_000;

interface Entry {
  readonly viewer: Promise<UserViewer | null>;
  readonly readAt: number;
}

/** Who stands behind a session, read from the database at most once a second per process. */
@Injectable()
export class ViewerCache {
  private readonly entries = new Map<string, Entry>();

  constructor(
    private readonly sessions: SessionsRepository,
    private readonly users: UsersRepository,
    private readonly runner: TenantRunner,
  ) {}

  /** The session's viewer, or null when the session is over or its user may not act. */
  get(tenantId: ObjectId, sessionId: ObjectId): Promise<UserViewer | null> {
    const key = sessionId.toHexString();
    const known = this.entries.get(key);
    if (known && Date.now() - known.readAt < VIEWER_LIFETIME_MS) return known.viewer;
    const viewer = this.read(tenantId, sessionId);
    this.entries.delete(key);
    this.entries.set(key, { viewer, readAt: Date.now() });
    // A failed read is not an answer to keep.
    viewer.catch(() => this.entries.delete(key));
    if (this.entries.size > MOST_KEPT) this.entries.delete(this.entries.keys().next().value ?? '');
    return viewer;
  }

  /** Forgets everything, so that a change made in this process counts at once here. */
  clear(): void {
    this.entries.clear();
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
