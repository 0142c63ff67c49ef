import { setTimeout as sleep } from 'node:timers/promises';
import { Inject, Injectable } from '@nestjs/common';
import { databaseOf } from '../../config/mongodb-database.js';
import { SETTINGS, type Settings } from '../../config/settings.js';
import type { StreamName } from '../../events/outbox.schema.js';
import type { GrownStream } from '../../events/sealer.js';
import type { ObjectId } from '../../mongo/object-id.js';
import { RedisClients } from '../../redis/redis-clients.js';
import { redisKey } from '../../redis/redis-keys.js';
import { furthest, type HeadNotes, STREAMS } from './head-notes.js';

/** How long a start waits for its connection to Redis. */
const PATIENCE_MS = 2000;

/**
 * Notes in Redis how far streams have got: of each stream and epoch the highest position, whichever process comes last.
 * The keys name the database too, since one Redis may serve several.
 */
@Injectable()
export class RedisHeadNotes {
  private readonly database: string;

  constructor(
    private readonly redis: RedisClients,
    @Inject(SETTINGS) settings: Settings,
  ) {
    this.database = databaseOf(settings.MONGODB_URI);
  }

  /** Notes where streams stand. @throws while Redis is away. */
  async note(streams: readonly GrownStream[]): Promise<void> {
    await Promise.all(
      streams.map(({ tenantId, stream, epoch, position }) =>
        this.redis.commands.zadd(this.keyOf(tenantId), 'GT', position, `${stream}:${epoch}`),
      ),
    );
  }

  /** What is noted of a tenant; null while Redis is away. */
  async read(tenantId: ObjectId): Promise<HeadNotes | null> {
    const found = await this.redis.commands
      .zrange(this.keyOf(tenantId), '0', '-1', 'WITHSCORES')
      .catch(() => null);
    if (!found) return null;
    let notes: HeadNotes = {};
    for (let index = 0; index + 1 < found.length; index += 2) {
      const [name, epoch] = (found[index] ?? '').split(':');
      const place = { epoch: Number(epoch), position: Number(found[index + 1]) };
      if (isStream(name) && Number.isFinite(place.epoch) && Number.isFinite(place.position))
        notes = furthest(notes, { [name]: place });
    }
    return notes;
  }

  /** Waits for Redis at a start, for two seconds at most. */
  async connected(): Promise<boolean> {
    for (const deadline = performance.now() + PATIENCE_MS; !this.redis.isReady; await sleep(20))
      if (performance.now() > deadline) return false;
    return true;
  }

  private keyOf(tenantId: ObjectId): string {
    return redisKey(tenantId, 'heads', this.database);
  }
}

const isStream = (name: string | undefined): name is StreamName => STREAMS.some(stream => stream === name);
