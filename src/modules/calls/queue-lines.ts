import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable, Logger } from '@nestjs/common';
import { Doorbell } from '../../events/doorbell.js';
import { persist } from '../../events/persist.js';
import { Signal } from '../../events/signal.js';
import { type TenantKey, tenantKey } from '../../ids/tenant-key.js';
import type { ObjectId } from '../../mongo/object-id.js';
import { Places } from './places.js';

/** How often a line is looked at without a ring: rings may get lost. */
const LOOK_EVERY_MS = 2000;
/** The least time between two looks. */
const PAUSE_MS = 200;
/** The time until a look that failed is tried again, beside what was tried already. */
const AFTER_FAILURE_MS = 5000;

/** A tenant's line as it was at the last look, and the call for the next one. */
export class QueueLine {
  readonly changed = new Signal();
  readonly asked = new Signal();
  readonly leaving = new AbortController();
  followers = 0;
  positions: ReadonlyMap<string, number> = new Map();
}

/** Tenants' lines, each looked at once for all who follow it in this process. */
@Injectable()
export class QueueLines {
  private readonly logger = new Logger('QueueLines');
  private readonly lines = new Map<TenantKey, QueueLine>();

  constructor(
    private readonly places: Places,
    private readonly doorbell: Doorbell,
  ) {}

  /** Follows a tenant's line; a look at it comes soon. Whoever joins leaves it again. */
  join(tenantId: ObjectId): QueueLine {
    const key = tenantKey(tenantId);
    let line = this.lines.get(key);
    if (!line) {
      line = new QueueLine();
      this.lines.set(key, line);
      void this.watch(tenantId, line);
    }
    line.followers += 1;
    line.asked.notify();
    return line;
  }

  leave(tenantId: ObjectId, line: QueueLine): void {
    line.followers -= 1;
    if (line.followers > 0) return;
    line.leaving.abort();
    this.lines.delete(tenantKey(tenantId));
  }

  private async watch(tenantId: ObjectId, line: QueueLine): Promise<void> {
    const { signal } = line.leaving;
    const silence = this.doorbell.listen(tenantId, 'queue', () => {
      line.asked.notify();
    });
    while (!signal.aborted) {
      // What is asked for from here on may not be seen by this look.
      const asked = line.asked.wait(signal);
      const ids = await persist(() => this.places.lineOf(tenantId), signal).catch((error: unknown) => {
        // Those who follow the line keep what they know; the next look may work.
        this.logger.error(`A line cannot be looked at: ${(error as Error).message}`);
        return undefined;
      });
      if (ids === undefined) {
        await pause(AFTER_FAILURE_MS, signal);
        continue;
      }
      line.positions = new Map(ids?.map((id, index) => [id.toHexString(), index + 1]));
      line.changed.notify();
      await pause(PAUSE_MS, signal);
      const looked = new AbortController();
      await Promise.race([asked, pause(LOOK_EVERY_MS, AbortSignal.any([signal, looked.signal]))]);
      looked.abort();
    }
    silence();
  }
}

const pause = (milliseconds: number, signal: AbortSignal): Promise<void> =>
  sleep(milliseconds, undefined, { signal }).catch(() => undefined);
