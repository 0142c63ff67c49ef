import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { repeat, type Repeating } from '../repeat/repeat.js';
import { Outbox } from './outbox.js';
import { Sealer } from './sealer.js';

/** How old a row must be before the scan takes it: younger ones are being sealed by the process that wrote them. */
const GRACE_MS = 250;

/** Seals what a dead or disconnected process has committed but not sealed. Runs in every process. */
@Injectable()
export class SealScan implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger('SealScan');
  private repeating: Repeating | null = null;

  constructor(
    private readonly outbox: Outbox,
    private readonly sealer: Sealer,
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
  }

  private async scan(): Promise<void> {
    const waiting = await this.outbox.streamsWaiting(new Date(Date.now() - GRACE_MS), 500);
    const faults: unknown[] = [];
    for (const { tenantId, stream } of waiting) {
      // One stream's fault must not keep the others from being sealed.
      await this.sealer.seal(tenantId, stream).catch((error: unknown) => faults.push(error));
    }
    if (faults.length > 0)
      throw new Error(`${faults.length} streams could not be sealed`, { cause: faults[0] });
  }
}
