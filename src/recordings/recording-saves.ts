import { Injectable, Logger } from '@nestjs/common';
import type { ObjectId } from '../mongo/object-id.js';
import { Metrics } from '../telemetry/metrics.js';
import { RecordingStore } from './recording-store.js';

/** How long nothing is saved after the store has failed, doubled with each failure in a row. */
const FIRST_PAUSE_MS = 5000;
const LONGEST_PAUSE_MS = 5 * 60_000;
/** How long a failure is of interest when nothing was saved since. */
const RECENT_MS = 60 * 60_000;

/** The store has not taken a recording, as when its disk is full: it may later. */
export class RecordingStoreError extends Error {
  constructor(reason: string, options?: ErrorOptions) {
    super(`The recording was not stored: ${reason}`, options);
    this.name = 'RecordingStoreError';
  }
}

/**
 * Saves recordings, and stops fetching them while the store fails: a recording is fetched whole before a full disk is
 * noticed, and every call of the server would fetch its own. After a failure nothing is fetched for a
 * while, then one recording tries; all others follow once it is stored.
 */
@Injectable()
export class RecordingSaves {
  private readonly logger = new Logger('Recordings');
  private failures = 0;
  private failedAt = 0;
  private isTrying = false;

  constructor(
    private readonly store: RecordingStore,
    private readonly metrics: Metrics,
  ) {}

  /** Whether the store has failed lately and nothing was stored since. */
  get isFailing(): boolean {
    return this.failures > 0 && performance.now() - this.failedAt < RECENT_MS;
  }

  /**
   * Stores a call's recording as it comes.
   * @throws RecordingStoreError when the store fails, or has just failed: then nothing of `wav` is read.
   * @throws what `wav` throws.
   */
  async save(callId: ObjectId, wav: AsyncIterable<Uint8Array>): Promise<void> {
    if (this.failures === 0) return this.attempt(callId, wav);
    const pause = Math.min(FIRST_PAUSE_MS * 2 ** (this.failures - 1), LONGEST_PAUSE_MS);
    if (this.isTrying || performance.now() - this.failedAt < pause)
      throw new RecordingStoreError('the store has failed a moment ago');
    this.isTrying = true;
    try {
      await this.attempt(callId, wav);
    } finally {
      this.isTrying = false;
    }
  }

  private async attempt(callId: ObjectId, wav: AsyncIterable<Uint8Array>): Promise<void> {
    const source: { fault?: unknown } = {};
    try {
      await this.store.save(callId, watched(wav, source));
      this.failures = 0;
    } catch (error) {
      if ('fault' in source) throw source.fault;
      this.noteFailure(error as NodeJS.ErrnoException);
      throw new RecordingStoreError(reasonOf(error), { cause: error });
    }
  }

  /** Saves that fail together count as one failure. */
  private noteFailure(error: NodeJS.ErrnoException): void {
    const now = performance.now();
    if (this.failures === 0 || this.isTrying) this.failures += 1;
    this.failedAt = now;
    this.metrics.recordingStoreFailures.inc({ reason: error.code ?? error.name });
    this.logger.error(`Recordings cannot be stored, the next try comes later: ${error.message}`);
  }
}

/** Passes on what comes, and keeps the error with which it ends. */
async function* watched(
  wav: AsyncIterable<Uint8Array>,
  source: { fault?: unknown },
): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    yield* wav;
  } catch (error) {
    source.fault = error;
    throw error;
  }
}

const reasonOf = (error: unknown): string =>
  (error as NodeJS.ErrnoException).code ?? (error as Error).message;
