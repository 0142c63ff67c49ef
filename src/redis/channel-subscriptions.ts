import type { Redis } from 'ioredis';
import { isTimeout, type RedisFaults } from './redis-faults.js';

/** Channels named in one command. */
const BATCH = 500;
/** The pause before a refused channel is tried again, doubled with each time in a row. */
const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 30_000;
/** How often the line is tried: a dead one says nothing by itself. */
const HEARTBEAT_MS = 10_000;

/**
 * Keeps the channels of one connection subscribed: after each reconnection, and also where Redis refuses one for a while,
 * as to a user without rights on channels or while a script runs. What Redis refuses is counted, logged and tried again
 * with growing pauses, 30 s at most. Nothing here ever throws or rejects: until a channel is heard its
 * notifications are lost, and those who listen look by themselves.
 */
export class ChannelSubscriptions {
  private readonly wanted = new Set<string>();
  private readonly heard = new Set<string>();
  private isSettling = false;
  private failures = 0;
  private retry: NodeJS.Timeout | undefined;
  private readonly heartbeat: NodeJS.Timeout;

  /** @param client a connection of its own, which neither queues commands while it is away nor subscribes by itself. */
  constructor(
    private readonly client: Redis,
    private readonly faults: RedisFaults,
  ) {
    client.on('ready', () => {
      this.heard.clear();
      this.failures = 0;
      this.settle();
    });
    client.on('close', () => {
      this.heard.clear();
    });
    this.heartbeat = setInterval(() => {
      if (client.status !== 'ready') return;
      client.ping().catch((error: unknown) => {
        if (isTimeout(error as Error)) client.disconnect(true);
      });
    }, HEARTBEAT_MS).unref();
  }

  /** Subscribes a channel, now or as soon as Redis lets it be. */
  add(channel: string): void {
    this.wanted.add(channel);
    this.settle();
  }

  remove(channel: string): void {
    this.wanted.delete(channel);
    this.settle();
  }

  /** Calls `listener` for each message of any subscribed channel. */
  onMessage(listener: (channel: string, message: string) => void): void {
    this.client.on('message', listener);
  }

  close(): void {
    clearInterval(this.heartbeat);
    clearTimeout(this.retry);
    this.wanted.clear();
    this.client.disconnect();
  }

  /** Brings what is subscribed in line with what is wanted; one run at a time. */
  private settle(): void {
    if (this.isSettling || this.client.status !== 'ready') return;
    this.isSettling = true;
    clearTimeout(this.retry);
    this.run()
      .catch((error: unknown) => {
        this.tryAgain(error as Error);
      })
      .finally(() => {
        this.isSettling = false;
      });
  }

  private async run(): Promise<void> {
    let refusal: Error | null = null;
    const refused = new Set<string>();
    for (;;) {
      const surplus = [...this.heard].filter(channel => !this.wanted.has(channel)).slice(0, BATCH);
      if (surplus.length > 0) {
        await this.client.unsubscribe(...surplus);
        for (const channel of surplus) this.heard.delete(channel);
      }
      const missing = [...this.wanted].filter(channel => !this.heard.has(channel) && !refused.has(channel));
      if (missing.length === 0) break;
      const error = await this.subscribe(missing.slice(0, BATCH), refused);
      refusal ??= error;
    }
    if (refusal) throw refusal;
    this.failures = 0;
  }

  /** A refusal of one channel among many refuses them all, so each is then asked for by itself. */
  private async subscribe(channels: readonly string[], refused: Set<string>): Promise<Error | null> {
    try {
      await this.client.subscribe(...channels);
      for (const channel of channels) this.heard.add(channel);
      return null;
    } catch (error) {
      if ((error as Error).name !== 'ReplyError') throw error;
      const [first = '', ...others] = channels;
      if (others.length === 0) {
        refused.add(first);
        return error as Error;
      }
      for (const channel of channels) await this.subscribe([channel], refused);
      return error as Error;
    }
  }

  private tryAgain(error: Error): void {
    this.faults.note(
      'subscribe',
      error,
      'so notifications are lost and live events arrive with the next look',
    );
    const pause = Math.min(FIRST_PAUSE_MS * 2 ** this.failures, LONGEST_PAUSE_MS);
    this.failures += 1;
    this.retry = setTimeout(() => {
      this.settle();
    }, pause).unref();
  }
}
