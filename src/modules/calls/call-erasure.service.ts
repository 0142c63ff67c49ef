import { Injectable } from '@nestjs/common';
import { StoreClock } from '../../mongo/store-clock.js';
import type { ObjectId } from '../../mongo/object-id.js';
import { RecordingStore } from '../../recordings/recording-store.js';
import { CallChanges } from './call-changes.js';
import type { CallNews } from './call-news.js';
import { isOver } from './call-status.js';
import { CallSteward } from './call-steward.js';
import type { CallDocument } from './call.schema.js';
import { CallsRepository } from './calls.repository.js';
import { ProviderLoads } from './provider-loads.js';

/** Calls taken in hand at a time. */
const BATCH = 100;

/** Takes calls away together with whoever they belong to. What is left at the provider falls to each call's steward. */
@Injectable()
export class CallErasureService {
  constructor(
    private readonly calls: CallsRepository,
    private readonly changes: CallChanges,
    private readonly steward: CallSteward,
    private readonly recordings: RecordingStore,
    private readonly loads: ProviderLoads,
    private readonly clock: StoreClock,
  ) {}

  /** Erases the content of some of a user's calls, ending those that are live. Returns how many: 0 when all are done. */
  async eraseSomeOf(userId: ObjectId): Promise<number> {
    const calls = await this.calls.withContentOf(userId, BATCH);
    for (const call of calls) {
      await this.recordings.remove(call._id);
      await this.tell(call, { kind: 'contentErased', at: this.clock.now() });
    }
    return calls.length;
  }

  /** How many of a user's erased calls are not gone at the provider yet. */
  countErasing(userId: ObjectId): Promise<number> {
    return this.calls.countErasing(userId);
  }

  /** How many calls of a user were erased and are still there. */
  countErasedOf(userId: ObjectId): Promise<number> {
    return this.calls.countErasedOf(userId);
  }

  /** Ends and deletes all calls of the tenant, some at a time. Returns how many may still be known to the provider. */
  async deleteAll(): Promise<number> {
    for (const call of await this.calls.toEnd(BATCH)) await this.tell(call);
    for (const call of await this.calls.toDelete(BATCH))
      await this.tell(call, { kind: 'deleted', at: this.clock.now() });
    return this.calls.countUndeleted();
  }

  /** Forgets a tenant's turn in the lines for the provider's accounts. Returns in how many it had one. */
  forgetTurnsOf(tenantId: ObjectId): Promise<number> {
    return this.loads.forgetTurnsOf(tenantId);
  }

  private async tell(call: CallDocument, ...news: readonly CallNews[]): Promise<void> {
    const end: CallNews[] = isOver(call.status) ? [] : [{ kind: 'endRequested', at: this.clock.now() }];
    await this.changes.inTurn(call._id, async () => {
      await this.changes.apply(call._id, ...end, ...news);
      await this.steward.enqueue(call._id);
    });
  }
}
