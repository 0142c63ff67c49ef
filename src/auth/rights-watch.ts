import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import type { ObjectId } from '../mongo/object-id.js';
import { repeat, type Repeating } from '../repeat/repeat.js';
import { TenantDirectory } from '../tenancy/tenant-directory.js';
import { TenantRunner } from '../tenancy/tenant-runner.js';
import { jobScope, type TenantIdentity, type TenantScope } from '../tenancy/tenant-scope.js';
import type { UserViewer } from '../tenancy/viewer.js';
import { SessionsRepository } from './sessions.repository.js';
import { UsersRepository } from './users.repository.js';
import { VIEWER_LIFETIME_MS } from './viewer-cache.js';

/** Tenants that are looked at together. */
const AT_ONCE = 10;

/** Why an open stream must end. */
export type RightsLoss = 'session-over' | 'user-deactivated' | 'tenant-suspended' | 'role-changed';

interface Watcher {
  readonly tenant: TenantIdentity;
  readonly viewer: UserViewer;
  readonly onLoss: (loss: RightsLoss) => void;
}

/**
 * Watches the rights behind open streams: once a second, with three queries per tenant however many streams it
 * has. It needs no Redis and misses nothing. While the database is away, nobody loses a right.
 */
@Injectable()
export class RightsWatch implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger('RightsWatch');
  private readonly watchers = new Set<Watcher>();
  private repeating: Repeating | null = null;

  constructor(
    private readonly tenants: TenantDirectory,
    private readonly sessions: SessionsRepository,
    private readonly users: UsersRepository,
    private readonly runner: TenantRunner,
  ) {}

  onApplicationBootstrap(): void {
    this.repeating = repeat(
      VIEWER_LIFETIME_MS,
      () => this.check(),
      error => {
        this.logger.warn(`Could not check rights: ${error.message}`);
      },
    );
  }

  async onApplicationShutdown(): Promise<void> {
    await this.repeating?.stop();
  }

  /** Calls `onLoss` once when the scope's user loses what the stream was opened with. Returns how to stop. */
  watch(scope: TenantScope, onLoss: (loss: RightsLoss) => void): () => void {
    const { tenant, viewer } = scope;
    if (!tenant || viewer.kind !== 'user') return () => undefined;
    const watcher = { tenant, viewer, onLoss };
    this.watchers.add(watcher);
    return () => this.watchers.delete(watcher);
  }

  /** Looks at once, for whoever has just met a right that is gone. @throws when the database is away. */
  async check(): Promise<void> {
    const groups = [...groupByTenant(this.watchers).values()];
    const faults: unknown[] = [];
    while (groups.length > 0) {
      // One tenant's fault must not keep the others from being looked at.
      const looks = groups.splice(0, AT_ONCE).map(watchers => this.checkTenant(watchers));
      for (const look of await Promise.allSettled(looks))
        if (look.status === 'rejected') faults.push(look.reason);
    }
    if (faults.length > 0) throw faults[0];
  }

  private async checkTenant(watchers: readonly Watcher[]): Promise<void> {
    const tenantId = watchers[0]?.tenant.id;
    if (!tenantId) return;
    const tenant = await this.tenants.findById(tenantId);
    const [sessions, users] = await this.runner.run(jobScope(tenantId, 'rights watch'), () =>
      Promise.all([
        this.sessions.findByIds(distinct(watchers.map(({ viewer }) => viewer.sessionId))),
        this.users.findByIds(distinct(watchers.map(({ viewer }) => viewer.userId))),
      ]),
    );
    const openSessions = new Set(
      sessions.filter(session => !session.endedAt).map(session => session._id.toHexString()),
    );
    const usersById = new Map(users.map(user => [user._id.toHexString(), user]));
    for (const watcher of watchers) {
      const user = usersById.get(watcher.viewer.userId.toHexString());
      const loss: RightsLoss | null = !tenant?.isActive
        ? 'tenant-suspended'
        : !user?.isActive
          ? 'user-deactivated'
          : !openSessions.has(watcher.viewer.sessionId.toHexString())
            ? 'session-over'
            : user.role !== watcher.viewer.role
              ? 'role-changed'
              : null;
      if (loss && this.watchers.delete(watcher)) watcher.onLoss(loss);
    }
  }
}

function distinct(ids: readonly ObjectId[]): ObjectId[] {
  return [...new Map(ids.map(id => [id.toHexString(), id])).values()];
}

function groupByTenant(watchers: Iterable<Watcher>): Map<string, Watcher[]> {
  const groups = new Map<string, Watcher[]>();
  for (const watcher of watchers) {
    const key = watcher.tenant.id.toHexString();
    const group = groups.get(key);
    if (group) group.push(watcher);
    else groups.set(key, [watcher]);
  }
  return groups;
}
