import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { type TenantKey, tenantKey } from '../ids/tenant-key.js';
import type { ObjectId } from '../mongo/object-id.js';
import { repeat, type Repeating } from '../repeat/repeat.js';
import { TenantDirectory } from '../tenancy/tenant-directory.js';
import { TenantRunner } from '../tenancy/tenant-runner.js';
import { jobScope, type TenantIdentity, type TenantScope } from '../tenancy/tenant-scope.js';
import { type RightsLoss, RightsReader, type WatchedViewer } from './rights-reader.js';
import { VIEWER_LIFETIME_MS } from './viewer-cache.js';

/** Tenants that are looked at together. */
const AT_ONCE = 10;

interface Watcher {
  readonly tenant: TenantIdentity;
  readonly viewer: WatchedViewer;
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
    private readonly rights: RightsReader,
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

  /** Calls `onLoss` once when the scope's viewer loses what the stream was opened with. Returns how to stop. */
  watch(scope: TenantScope, onLoss: (loss: RightsLoss) => void): () => void {
    const { tenant, viewer } = scope;
    if (!tenant || viewer.kind === 'anonymous' || viewer.kind === 'system') return () => undefined;
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

  /** What the scope's viewer has lost by now; null: nothing. @throws when the database is away. */
  async lossOf({ tenant, viewer }: TenantScope): Promise<RightsLoss | null> {
    if (!tenant || (viewer.kind !== 'user' && viewer.kind !== 'key')) return null;
    return (await this.lossesIn(tenant.id, [viewer]))(viewer);
  }

  private async checkTenant(watchers: readonly Watcher[]): Promise<void> {
    const tenantId = watchers[0]?.tenant.id;
    if (!tenantId) return;
    const viewers = watchers.map(({ viewer }) => viewer);
    const lossOf = await this.lossesIn(tenantId, viewers);
    for (const watcher of watchers) {
      const loss = lossOf(watcher.viewer);
      if (loss && this.watchers.delete(watcher)) watcher.onLoss(loss);
    }
  }

  private async lossesIn(
    tenantId: ObjectId,
    viewers: readonly WatchedViewer[],
  ): Promise<(viewer: WatchedViewer) => RightsLoss | null> {
    const tenant = await this.tenants.findById(tenantId);
    const lossOf = await this.runner.run(jobScope(tenantId, 'rights watch'), () => this.rights.read(viewers));
    return viewer => (tenant?.isActive ? lossOf(viewer) : 'tenant-suspended');
  }
}

function groupByTenant(watchers: Iterable<Watcher>): Map<TenantKey, Watcher[]> {
  const groups = new Map<TenantKey, Watcher[]>();
  for (const watcher of watchers) {
    const key = tenantKey(watcher.tenant.id);
    const group = groups.get(key);
    if (group) group.push(watcher);
    else groups.set(key, [watcher]);
  }
  return groups;
}
