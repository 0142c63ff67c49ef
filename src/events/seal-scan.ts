import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { repeat, type Repeating } from '../repeat/repeat.js';
import { Metrics } from '../telemetry/metrics.js';
import type { TenantKey } from '../ids/tenant-key.js';
import { keyOf, Outbox, type WaitingStream } from './outbox.js';
import { Sealer } from './sealer.js';
import { StreamBackoff } from './stream-backoff.js';

/** How old a row must be before the scan takes it: younger ones are being sealed by the process that wrote them. */
const GRACE_MS = 250;
/** Rows that are looked at in one go; where more wait, each stream is looked for by itself. */
const ROWS = 500;
/** Streams that are looked for by themselves in one go. */
const STREAMS = 200;
/** Streams that are sealed at a time, and how many of those may be ones that have failed before. */
const AT_ONCE = 16;
const FAILED_AT_ONCE = 4;

/**
 * Seals what a dead or disconnected process has committed but not sealed. Runs in every process. Fair by stream: one that
 * cannot be sealed is tried less and less often, holds up no other, and is counted; it is never given up, since what waits
 * in it is acknowledged.
 */
@Injectable()
export class SealScan implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger('SealScan');
  private readonly backoff = new StreamBackoff<TenantKey>();
  private readonly running = new Map<TenantKey, Promise<void>>();
  private failedRunning = 0;
  private lastStream: WaitingStream | null = null;
  private repeating: Repeating | null = null;

  constructor(
    private readonly outbox: Outbox,
    private readonly sealer: Sealer,
    private readonly metrics: Metrics,
  ) {}

  onApplicationBootstrap(): void {
    this.repeating = repeat(
      300,
      () => this.scan(),
      error => this.logger.warn(`Scan failed: ${error.message}`),
    );
  }

  async onApplicationShutdown(): Promise<void> {
    await this.repeating?.stop();
    await Promise.all(this.running.values());
  }

  private async scan(): Promise<void> {
    const waiting = await this.waiting();
    for (const stream of waiting) this.sealIfDue(stream);
    this.backoff.forgetOld();
    this.metrics.stuckStreams.set(this.backoff.size);
  }

  private async waiting(): Promise<WaitingStream[]> {
    const { streams, isAll } = await this.outbox.streamsWaiting(new Date(Date.now() - GRACE_MS), ROWS);
    if (isAll) return streams;
    // Rows of few streams may hide those of all others: goes round by streams, on from where it was.
    const behind = await this.outbox.streamsBehind(this.lastStream, STREAMS);
    this.lastStream = behind.length < STREAMS ? null : (behind.at(-1) ?? null);
    return [...new Map([...behind, ...streams].map(stream => [keyOf(stream), stream])).values()];
  }

  private sealIfDue(stream: WaitingStream): void {
    const key = keyOf(stream);
    const hasFailed = this.backoff.hasFailed(key);
    if (this.running.has(key) || this.running.size >= AT_ONCE || !this.backoff.isDue(key)) return;
    if (!this.sealer.knows(stream.stream) || (hasFailed && this.failedRunning >= FAILED_AT_ONCE)) return;
    if (hasFailed) this.failedRunning += 1;
    const run = this.seal(key, stream).finally(() => {
      this.running.delete(key);
      if (hasFailed) this.failedRunning -= 1;
    });
    this.running.set(key, run);
  }

  private async seal(key: TenantKey, { tenantId, stream }: WaitingStream): Promise<void> {
    try {
      await this.sealer.seal(tenantId, stream);
      this.backoff.succeeded(key);
    } catch (error) {
      const failures = this.backoff.failed(key);
      const line = `The ${stream} stream of tenant ${tenantId.toHexString()} cannot be given its places, ${failures} times so far: ${(error as Error).message}`;
      if (Number.isInteger(Math.log2(failures))) this.logger.error(line, (error as Error).stack);
    }
  }
}
