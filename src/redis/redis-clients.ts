import { setTimeout as sleep } from 'node:timers/promises';
import { Inject, Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { Redis } from 'ioredis';
import { InvalidEnvironmentError } from '../config/invalid-environment.error.js';
import { SETTINGS, type Settings } from '../config/settings.js';
import { ChannelSubscriptions } from './channel-subscriptions.js';
import { CommandClient } from './command-client.js';
import { RedisFaults } from './redis-faults.js';
import { unsupportedModeOf } from './redis-mode.js';

/** How long a start waits for Redis to say what it is; a Redis that is away does not keep a server from starting. */
const FIRST_ANSWER_MS = 3000;
/** How long Redis may leave a subscription without an answer. */
const SILENCE_MS = 5000;

/**
 * Connections to Redis, which carries notifications, a cache and counters: it may be away, silent or come back empty at
 * any moment, and may refuse any command. Commands fail at once while it is away; subscriptions are taken up again by
 * themselves when it returns.
 */
@Injectable()
export class RedisClients implements OnApplicationShutdown {
  readonly commands: CommandClient;
  readonly channels: ChannelSubscriptions;
  /** What Redis refused or left without an answer. */
  readonly faults = new RedisFaults();
  private readonly logger = new Logger('Redis');
  private readonly subscriber: Redis;
  private checked: Promise<InvalidEnvironmentError | null>;

  constructor(@Inject(SETTINGS) settings: Settings) {
    const common = { connectTimeout: 5000, retryStrategy };
    this.commands = new CommandClient(settings.REDIS_URL, common, this.faults);
    this.subscriber = new Redis(settings.REDIS_URL, {
      ...common,
      // ChannelSubscriptions does both, and drops no failure.
      enableOfflineQueue: false,
      autoResubscribe: false,
      maxRetriesPerRequest: 0,
      commandTimeout: SILENCE_MS,
    });
    this.channels = new ChannelSubscriptions(this.subscriber, this.faults);
    for (const client of [this.commands, this.subscriber]) this.reportOutages(client);
    this.checked = new Promise(resolve => {
      this.commands.on('ready', () => {
        this.checked = this.check();
        this.checked.then(resolve, () => undefined);
      });
    });
  }

  /** Whether Redis answers right now. */
  get isReady(): boolean {
    return this.commands.status === 'ready' && !this.commands.isSilent;
  }

  /**
   * Makes sure that Redis is one that is supported. One that does not answer within 3 s is looked at when it does.
   * @throws InvalidEnvironmentError for a Redis Cluster or a Sentinel.
   */
  async assertSupported(): Promise<void> {
    const waiting = new AbortController();
    const late = sleep(FIRST_ANSWER_MS, null, { signal: waiting.signal }).catch(() => null);
    const refusal = await Promise.race([this.checked, late]);
    waiting.abort();
    if (refusal) throw refusal;
  }

  onApplicationShutdown(): void {
    this.commands.disconnect();
    this.channels.close();
  }

  /** Looks at each new connection: behind an address there may be another Redis each time. */
  private async check(): Promise<InvalidEnvironmentError | null> {
    const mode = await unsupportedModeOf(this.commands);
    if (mode === null) return null;
    const refusal = new InvalidEnvironmentError([UNSUPPORTED[mode]]);
    this.logger.error(refusal.message);
    this.onApplicationShutdown();
    return refusal;
  }

  private reportOutages(client: Redis): void {
    let isAway = false;
    client.on('error', (error: Error) => {
      if (!isAway)
        this.logger.warn(`Redis is away, live events arrive later until it returns: ${error.message}`);
      isAway = true;
    });
    client.on('ready', () => {
      if (isAway) this.logger.log('Redis is back');
      isAway = false;
    });
  }
}

const UNSUPPORTED = {
  cluster:
    'REDIS_URL leads to a Redis Cluster, which is not supported: use one Redis or Valkey with cluster-enabled no, with replicas if need be',
  sentinel:
    'REDIS_URL leads to a Sentinel, which holds no data: use the address of the Redis or Valkey that it watches',
} as const;

const retryStrategy = (attempt: number): number => Math.min(100 * attempt, 1000);
