import { Injectable } from '@nestjs/common';
import type { ObjectId } from '../mongo/object-id.js';
import type { ApiKeyViewer, LinkViewer, UserViewer } from '../tenancy/viewer.js';
import { ApiKeysRepository } from './api-keys.repository.js';
import { SessionsRepository } from './sessions.repository.js';
import { UsersRepository } from './users.repository.js';

/** Why an open stream must end. */
export type RightsLoss =
  'session-over' | 'user-deactivated' | 'tenant-suspended' | 'role-changed' | 'key-revoked' | 'key-expired';

/** A viewer who can lose what a stream or a download was opened with. A link is lost with its tenant alone. */
export type WatchedViewer = UserViewer | ApiKeyViewer | LinkViewer;

/** Reads what viewers of the running operation's tenant have lost: three queries, however many they are. */
@Injectable()
export class RightsReader {
  constructor(
    private readonly sessions: SessionsRepository,
    private readonly users: UsersRepository,
    private readonly keys: ApiKeysRepository,
  ) {}

  /** Tells of each of the viewers what it has lost; null: nothing. */
  async read(viewers: readonly WatchedViewer[]): Promise<(viewer: WatchedViewer) => RightsLoss | null> {
    const people = viewers.filter(viewer => viewer.kind === 'user');
    const programs = viewers.filter(viewer => viewer.kind === 'key');
    const [sessions, users, keys] = await Promise.all([
      byId(
        people.map(({ sessionId }) => sessionId),
        ids => this.sessions.findByIds(ids),
      ),
      byId(
        people.map(({ userId }) => userId),
        ids => this.users.findByIds(ids),
      ),
      byId(
        programs.map(({ keyId }) => keyId),
        ids => this.keys.findByIds(ids),
      ),
    ]);
    const now = new Date();
    const lossOfUser = ({ userId, sessionId, role }: UserViewer): RightsLoss | null => {
      const user = users.get(userId.toHexString());
      const session = sessions.get(sessionId.toHexString());
      if (!user?.isActive) return 'user-deactivated';
      if (!session || session.endedAt || session.expiresAt <= now) return 'session-over';
      return user.role === role ? null : 'role-changed';
    };
    const lossOfKey = ({ keyId }: ApiKeyViewer): RightsLoss | null => {
      const key = keys.get(keyId.toHexString());
      if (!key || key.revokedAt) return 'key-revoked';
      return key.expiresAt && key.expiresAt <= now ? 'key-expired' : null;
    };
    return viewer => {
      switch (viewer.kind) {
        case 'user':
          return lossOfUser(viewer);
        case 'key':
          return lossOfKey(viewer);
        case 'link':
          return null;
      }
    };
  }
}

/** Documents by the hex digits of their ids, each read once. */
async function byId<T extends { readonly _id: ObjectId }>(
  ids: readonly ObjectId[],
  read: (ids: readonly ObjectId[]) => Promise<T[]>,
): Promise<ReadonlyMap<string, T>> {
  const distinct = new Map(ids.map(id => [id.toHexString(), id]));
  const found = distinct.size > 0 ? await read([...distinct.values()]) : [];
  return new Map(found.map(document => [document._id.toHexString(), document]));
}
