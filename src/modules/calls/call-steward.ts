import { Injectable } from '@nestjs/common';
import { JobRunner } from '../../jobs/job-runner.js';
import { Jobs } from '../../jobs/jobs.js';
import { StoreClock } from '../../mongo/store-clock.js';
import type { ObjectId } from '../../mongo/object-id.js';
import { TenantContext } from '../../tenancy/tenant-context.js';
import { RecordingStore } from '../../recordings/recording-store.js';
import { Providers } from '../ultravox/providers.js';
import { ProviderError, type VoiceProvider } from '../ultravox/voice-provider.js';
import { CallChanges } from './call-changes.js';
import { isOver } from './call-status.js';
import type { CallDocument } from './call.schema.js';
import { CallsRepository } from './calls.repository.js';
import { DispatchCall } from './dispatch-call.js';
import { FollowCall } from './follow-call.js';
import { SettleCall } from './settle-call.js';
import { TwinCalls } from './twin-calls.js';

/** Steps of one call in a row, before others get their turn. */
const MOST_STEPS = 20;

/**
 * Looks after each call from its creation until nothing is left to do: brings it to the provider, follows it,
 * ends it, and fetches what remains. Each look starts from what is stored, so any process may take over at any
 * point, and whatever news was lost is asked for.
 */
@Injectable()
export class CallSteward {
  constructor(
    private readonly calls: CallsRepository,
    private readonly changes: CallChanges,
    private readonly dispatch: DispatchCall,
    private readonly follow: FollowCall,
    private readonly settle: SettleCall,
    private readonly twins: TwinCalls,
    private readonly providers: Providers,
    private readonly recordings: RecordingStore,
    private readonly jobs: Jobs,
    private readonly runner: JobRunner,
    private readonly context: TenantContext,
    private readonly clock: StoreClock,
  ) {
    runner.handle('call', callId => this.tend(callId));
  }

  /** Looks after a call now rather than when it is due. Resolves after that look. @throws when the store is away. */
  async wake(callId: ObjectId): Promise<void> {
    await this.enqueue(callId);
    await this.runner.runNow(callId);
  }

  /** Makes a call due, in the running transaction where there is one: then it will be looked after, whoever dies. */
  async enqueue(callId: ObjectId): Promise<void> {
    await this.jobs.wake('call', this.context.tenant.id, callId);
  }

  private async tend(callId: ObjectId): Promise<Date | null> {
    for (let steps = 0; steps < MOST_STEPS; steps += 1) {
      const call = await this.calls.findEvenDeleted(callId);
      const dueAt = call && (await this.step(call));
      if (!dueAt || dueAt > this.clock.now()) return dueAt;
    }
    return this.clock.in(1000);
  }

  private async step(call: CallDocument): Promise<Date | null> {
    if (call.status === 'QUEUED') return this.dispatch.step(call);
    return earliest(await this.twins.check(call), await this.atProvider(call));
  }

  private async atProvider(call: CallDocument): Promise<Date | null> {
    if (!isOver(call.status)) return this.follow.step(call);
    return (call.deletedAt ?? call.erasedAt) ? this.removeEverywhere(call) : this.settle.step(call);
  }

  private async removeEverywhere(call: CallDocument): Promise<Date | null> {
    const { callId } = call.provider;
    await this.recordings.remove(call._id);
    try {
      if (callId !== null && !call.settlement.deletion) {
        const provider = await this.providers.clientFor(call);
        if (call.provider.billing === 'pending') await this.lookAtBill(call._id, provider, callId);
        await provider.deleteCall(callId);
      }
    } catch (error) {
      if (error instanceof ProviderError) return this.clock.in(10_000);
      throw error;
    }
    await this.changes.apply(call._id, { kind: 'deletedAtProvider' });
    return null;
  }

  /** Books the bill while it can still be asked for. */
  private async lookAtBill(callId: ObjectId, provider: VoiceProvider, providerCallId: string): Promise<void> {
    try {
      await this.changes.apply(callId, { kind: 'provider', call: await provider.getCall(providerCallId) });
    } catch (error) {
      if (!(error instanceof ProviderError && error.fault === 'unknown-call')) throw error;
    }
  }
}

function earliest(a: Date | null, b: Date | null): Date | null {
  if (a && b) return a < b ? a : b;
  return a ?? b;
}
