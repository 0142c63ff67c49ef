import {
  type BeforeApplicationShutdown,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { type GrownStream, Sealer } from '../../events/sealer.js';
import { repeat, type Repeating } from '../../repeat/repeat.js';
import { TenantDirectory } from '../../tenancy/tenant-directory.js';
import { furthest, type HeadNotes } from './head-notes.js';
import { RedisHeadNotes } from './redis-head-notes.js';
import { StoredHeadNotes } from './stored-head-notes.js';

/** How often it is noted in Redis what has grown. */
const REDIS_EVERY_MS = 1000;
/** How often it is noted beside the recordings. */
const STORE_EVERY_MS = 60_000;

/**
 * Notes outside the database how far the streams have got that this process has given places in, and at its end once
 * more. Nothing depends on a note being there: a missing one only keeps a restored database from being noticed by itself.
 */
@Injectable()
export class HeadNotesWriter implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('Restores');
  private repeating: readonly Repeating[] = [];
  /** What Redis does not know yet. */
  private unnoted: GrownStream[] = [];
  /** All that this process knows, since another one may have written over its notes. */
  private readonly known = new Map<string, HeadNotes>();

  constructor(
    private readonly sealer: Sealer,
    private readonly inRedis: RedisHeadNotes,
    private readonly inStore: StoredHeadNotes,
    private readonly tenants: TenantDirectory,
  ) {}

  onApplicationBootstrap(): void {
    this.repeating = [
      repeat(REDIS_EVERY_MS, () => this.noteInRedis(), this.report('in Redis')),
      repeat(STORE_EVERY_MS, () => this.noteInStore(), this.report('beside the recordings')),
    ];
  }

  async beforeApplicationShutdown(): Promise<void> {
    await Promise.all(this.repeating.map(one => one.stop()));
    await this.noteInRedis().catch(this.report('in Redis'));
    await this.noteInStore().catch(this.report('beside the recordings'));
  }

  /** @throws while Redis is away; the next time makes up for it. */
  async noteInRedis(): Promise<void> {
    this.collect();
    if (this.unnoted.length === 0) return;
    const ids = this.unnoted.map(({ tenantId }) => tenantId);
    const present = await this.tenants.findByIds(ids);
    const due = this.unnoted;
    this.unnoted = [];
    try {
      // Of a tenant that is being deleted nothing new may come to stand in Redis.
      await this.inRedis.note(
        due.filter(({ tenantId }) => {
          const tenant = present.get(tenantId.toHexString());
          return tenant !== undefined && !tenant.deletingSince;
        }),
      );
    } catch (error) {
      this.unnoted = [...due, ...this.unnoted];
      throw error;
    }
  }

  /** @throws while the recordings' store is away; the next time makes up for it. */
  async noteInStore(): Promise<void> {
    this.collect();
    if (this.known.size === 0) return;
    const present = (await this.tenants.list()).filter(({ deletingSince }) => !deletingSince);
    const ids = new Set(present.map(({ _id }) => _id.toHexString()));
    for (const tenant of [...this.known.keys()]) if (!ids.has(tenant)) this.known.delete(tenant);
    await this.inStore.add(this.known, tenant => ids.has(tenant));
  }

  private collect(): void {
    const grown = this.sealer.takeGrown();
    for (const { tenantId, stream, epoch, position } of grown) {
      const key = tenantId.toHexString();
      this.known.set(key, furthest(this.known.get(key) ?? {}, { [stream]: { epoch, position } }));
    }
    const latest = new Map(
      [...this.unnoted, ...grown].map(one => [`${one.stream}:${one.tenantId.toHexString()}`, one]),
    );
    this.unnoted = [...latest.values()];
  }

  private report(where: string): (error: unknown) => void {
    return error => {
      this.logger.warn(`How far streams have got is not noted ${where}: ${(error as Error).message}`);
    };
  }
}
