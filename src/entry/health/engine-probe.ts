import { setTimeout as sleep } from 'node:timers/promises';
import { Inject, Injectable } from '@nestjs/common';
import type { Connection } from 'mongoose';
import { type FailingCount, FailingJobs } from '../../jobs/failing-jobs.js';
import { Outbox } from '../../events/outbox.js';
import { MONGO_CONNECTION } from '../../mongo/mongo.tokens.js';
import { RedisClients } from '../../redis/redis-clients.js';

/** An engine that has not answered by then counts as away: whoever asks has little patience. */
const PATIENCE_MS = 2000;

/** Looks whether the engines answer. Never throws, and answers within some two seconds. */
@Injectable()
export class EngineProbe {
  constructor(
    @Inject(MONGO_CONNECTION) private readonly connection: Connection,
    private readonly redis: RedisClients,
    private readonly outbox: Outbox,
    private readonly jobs: FailingJobs,
  ) {}

  /** Whether MongoDB answers. */
  async isMongoUp(): Promise<boolean> {
    const ping = async () => this.connection.db?.command({ ping: 1, comment: 'voho:health.check' });
    return (await inTime(ping)) !== null;
  }

  /** Whether Redis answers. */
  async isRedisUp(): Promise<boolean> {
    return (await inTime(() => this.redis.commands.ping())) !== null;
  }

  /** How many jobs fail, by kind; null when that cannot be told. */
  async failingJobs(): Promise<readonly FailingCount[] | null> {
    return inTime(() => this.jobs.counts());
  }

  /** How long the oldest event has waited for its place in its stream, in seconds; null when nobody can tell. */
  async relayLagSeconds(): Promise<number | null> {
    const oldest = await inTime(async () => ({ createdAt: await this.outbox.oldest() }));
    if (!oldest) return null;
    return oldest.createdAt ? Math.max(0, (Date.now() - oldest.createdAt.getTime()) / 1000) : 0;
  }
}

/** The answer of `ask`; null when it fails or takes too long. */
async function inTime<T>(ask: () => Promise<T>): Promise<T | null> {
  const done = new AbortController();
  const late = sleep(PATIENCE_MS, null, { signal: done.signal }).catch(() => null);
  const answer = ask().catch(() => null);
  try {
    return await Promise.race([answer, late]);
  } finally {
    done.abort();
  }
}
