import type { Ground } from '../ground/ground.js';
import type { Api } from '../load/api.js';
import type { Journal } from '../load/journal.js';
import type { Subscriber } from '../load/subscriber.js';
import type { ReceivingTenant } from '../load/webhooks.js';
import type { Random } from '../random.js';

/** What the rows of the matrix work on. */
export interface World {
  readonly ground: Ground;
  readonly journal: Journal;
  readonly random: Random;
  readonly api: Api;
  readonly subscribers: readonly Subscriber[];
  /** The tenant's webhook, and what came there. */
  readonly receiving: ReceivingTenant;
  /** Follows the tenant's calls to the end of the run, and is checked like all others. */
  addSubscriber(subscriber: Subscriber): void;
}

/** One row of the matrix. */
export interface FaultRow {
  readonly id: string;
  readonly title: string;
  /** Its share of the time, and how long it needs at least, in seconds. */
  readonly weight: number;
  readonly leastSeconds: number;
  /** Why it cannot run here; null when it can. */
  reasonNotToRun?(): Promise<string | null>;
  /** Puts faults in, under load, until about `until` (a moment of `Date.now`), and heals them. */
  run(world: World, until: number): Promise<void>;
}
