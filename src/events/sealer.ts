import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable, Logger } from '@nestjs/common';
import { UnitOfWork } from '../mongo/unit-of-work.js';
import { type TenantKey, tenantKey } from '../ids/tenant-key.js';
import type { ObjectId } from '../mongo/object-id.js';
import { OneAtATime } from '../repeat/one-at-a-time.js';
import { TenantContext } from '../tenancy/tenant-context.js';
import { TenantRunner } from '../tenancy/tenant-runner.js';
import { jobScope } from '../tenancy/tenant-scope.js';
import { Doorbell } from './doorbell.js';
import { Outbox } from './outbox.js';
import type { StreamName } from './outbox.schema.js';
import type { StreamPosition } from './stream-head.schema.js';
import { type StreamHead, StreamHeads } from './stream-heads.js';

/** Where the stream stands after a batch. */
export interface Sealed extends Pick<StreamHead, 'position' | 'hash'> {
  readonly further?: readonly ObjectId[];
}

/** A stream that has grown, and where it stands. */
export interface GrownStream extends StreamPosition {
  readonly tenantId: ObjectId;
  readonly stream: StreamName;
}

/** How a stream gives places to rows: called inside a transaction, for rows that have none yet. */
export interface StreamSealing {
  readonly stream: StreamName;
  /**
   * Stores the places after `head` in the order of the stream, and returns the new head.
   * @param isPartial says that more rows wait than these. Rows of those that must not come after any of these are
   * sealed too, and named in `further`.
   */
  seal(ids: readonly ObjectId[], head: StreamHead, isPartial: boolean): Promise<Sealed>;
}

/** What is done together with the giving of places; `from` is the head as it was before. */
type OnSealed = (from: StreamHead) => Promise<void>;

/** Rows sealed in one transaction: enough to keep up, few enough to stay far from the transaction's limits. */
const BATCH = 200;
/** How often a batch is tried while others seal the same stream, before it is left to them and to the scan. */
const MOST_ATTEMPTS = 6;

/**
 * Gives committed rows their place in their tenant's stream. The order is decided here, after the commit, so that
 * business transactions of one tenant never wait for each other. Any process may seal at any time: the head
 * advances conditionally in the same transaction, so of two sealers one writes and the other starts over.
 */
@Injectable()
export class Sealer {
  private readonly logger = new Logger('Sealer');
  private readonly sealings = new Map<StreamName, StreamSealing>();
  private readonly followers = new Map<StreamName, OnSealed[]>();
  /** Runs of this process: one at a time per tenant and stream. What is committed once a run has begun may need another. */
  private readonly runs = new OneAtATime<TenantKey, void>();
  private readonly grown = new Map<TenantKey, GrownStream>();

  constructor(
    private readonly outbox: Outbox,
    private readonly heads: StreamHeads,
    private readonly work: UnitOfWork,
    private readonly runner: TenantRunner,
    private readonly context: TenantContext,
    private readonly doorbell: Doorbell,
  ) {}

  /** Adds a stream; its owner does this once at start. */
  register(sealing: StreamSealing): void {
    this.sealings.set(sealing.stream, sealing);
  }

  /** Whether this version gives places in a stream: a newer one beside it may have others. */
  knows(stream: StreamName): boolean {
    return this.sealings.has(stream);
  }

  /**
   * Has `work` done in each transaction that gives places in a stream: what it stores, in the stream's tenant, is
   * stored with them or not at all. Its owner does this once at start.
   */
  onSealed(stream: StreamName, work: OnSealed): void {
    this.followers.set(stream, [...(this.followers.get(stream) ?? []), work]);
  }

  /** Notes new rows in the running transaction, and seals them as soon as it has committed. */
  async enqueue(stream: StreamName, ids: readonly ObjectId[]): Promise<void> {
    const tenantId = this.context.tenant.id;
    await this.outbox.add(tenantId, stream, ids);
    this.work.afterCommit(() => void this.seal(tenantId, stream).catch(() => undefined));
  }

  /**
   * Seals everything committed before this call, and returns when it is readable in its place.
   * @throws when the database is away; the rows then wait for the scan.
   */
  seal(tenantId: ObjectId, stream: StreamName): Promise<void> {
    return this.runs.run(tenantKey(tenantId, stream), () => this.sealAll(tenantId, stream));
  }

  /** The streams that have grown in this process since this was last asked. */
  takeGrown(): GrownStream[] {
    const grown = [...this.grown.values()];
    this.grown.clear();
    return grown;
  }

  private async sealAll(tenantId: ObjectId, stream: StreamName): Promise<void> {
    await this.runner.run(jobScope(tenantId, 'sealer'), async () => {
      for (let failures = 0; ;) {
        try {
          const head = await this.sealBatch(tenantId, stream);
          if (head) this.grown.set(tenantKey(tenantId, stream), { tenantId, stream, ...head });
          if (head)
            this.doorbell.ring(tenantId, stream === 'calls' ? 'feed' : 'audit', { position: head.position });
          if (!head?.isPartial) return;
          failures = 0;
        } catch (error) {
          // A faster sealer elsewhere: its rows are gone from the outbox now, so look again.
          failures += 1;
          if (failures >= MOST_ATTEMPTS) throw error;
          this.logger.debug(`Sealing ${stream} again: ${(error as Error).message}`);
          await sleep(Math.random() * 10 * 2 ** failures);
        }
      }
    });
  }

  private sealBatch(
    tenantId: ObjectId,
    stream: StreamName,
  ): Promise<(StreamPosition & { isPartial: boolean }) | null> {
    const sealing = this.sealings.get(stream);
    if (!sealing) throw new Error(`Nobody seals the ${stream} stream`);
    return this.work.run(async () => {
      const ids = await this.outbox.rowsOf(tenantId, stream, BATCH);
      if (ids.length === 0) return null;
      const head = await this.heads.read(stream);
      const isPartial = ids.length === BATCH;
      const { further = [], ...next } = await sealing.seal(ids, head, isPartial);
      await this.heads.advance(stream, head, next);
      await this.outbox.remove(tenantId, stream, [...ids, ...further]);
      for (const follow of this.followers.get(stream) ?? []) await follow(head);
      return { epoch: head.epoch, position: next.position, isPartial };
    });
  }
}
