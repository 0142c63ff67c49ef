import { Injectable } from '@nestjs/common';
import { StoreClock } from '../../mongo/store-clock.js';
import { Providers } from '../ultravox/providers.js';
import { ProviderError, type VoiceProvider } from '../ultravox/voice-provider.js';
import { CallChanges } from './call-changes.js';
import { isOver } from './call-status.js';
import type { CallDocument } from './call.schema.js';
import { UNCERTAIN_MS } from './twin-calls.js';

/** How often the provider is asked about a live call, beside all that it tells by itself. */
const ASK_EVERY_MS = 10_000;

/** How long after its longest duration a call is still asked for. */
const GRACE_MS = 10 * 60_000;

/** Looks after calls that are at the provider and not over. */
@Injectable()
export class FollowCall {
  constructor(
    private readonly changes: CallChanges,
    private readonly providers: Providers,
    private readonly clock: StoreClock,
  ) {}

  /** Asks the provider how the call stands, and ends it where a user has asked for that. */
  async step(call: CallDocument): Promise<Date> {
    const providerCallId = call.provider.callId;
    if (providerCallId === null) throw new Error('A call that is not queued has a provider call id');
    try {
      const provider = await this.providers.clientFor(call);
      const current = await this.changes.apply(call._id, {
        kind: 'provider',
        call: await provider.getCall(providerCallId),
      });
      if (!current || isOver(current.status)) return this.clock.now();
      if (!current.endRequestedAt) return this.clock.in(ASK_EVERY_MS);
      return await this.end(current, provider, providerCallId);
    } catch (error) {
      if (!(error instanceof ProviderError)) throw error;
      return this.withoutAnswer(call, error);
    }
  }

  /** What the provider does not tell now it may tell later; but no call is followed without end. */
  private async withoutAnswer(call: CallDocument, { fault }: ProviderError): Promise<Date> {
    const now = this.clock.now().getTime();
    const since = (call.provider.lastAttemptAt ?? call.createdAt).getTime();
    const longest = (call.joinedAt ?? call.createdAt).getTime() + call.maxDurationSeconds * 1000 + GRACE_MS;
    // A call that was made a moment ago may not be found everywhere yet.
    const isGone = fault === 'unknown-call' && now - since > UNCERTAIN_MS;
    if (!isGone && now < longest) return this.clock.in(fault === 'rejected' ? 30_000 : 2000);
    if (isGone && call.endRequestedAt) return this.cancelled(call);
    const failure = isGone
      ? 'The voice provider no longer knows the call.'
      : 'The voice provider did not tell how the call ended.';
    await this.changes.apply(call._id, {
      kind: 'over',
      at: this.clock.now(),
      reason: 'SYSTEM_ERROR',
      failure,
    });
    return this.clock.now();
  }

  /**
   * Hangs up; where that does not work because nobody has joined, takes the call back. Nothing promises that a deleted
   * call cannot be joined, so it is over once the provider no longer knows it, and looked after until then.
   */
  private async end(call: CallDocument, provider: VoiceProvider, providerCallId: string): Promise<Date> {
    try {
      await provider.sendMessage(providerCallId, { kind: 'hangUp' });
      return this.clock.in(500);
    } catch (error) {
      if (!(error instanceof ProviderError && error.fault === 'not-live')) throw error;
    }
    // Just over: the next look tells how.
    if (call.status === 'IN_PROGRESS') return this.clock.in(500);
    try {
      await provider.deleteCall(providerCallId);
      await provider.getCall(providerCallId);
      return this.clock.in(1000);
    } catch (error) {
      if (!(error instanceof ProviderError)) throw error;
      if (error.fault === 'unknown-call') return this.cancelled(call);
      return this.clock.in(1000);
    }
  }

  private async cancelled(call: CallDocument): Promise<Date> {
    const at = this.clock.now();
    await this.changes.apply(call._id, { kind: 'over', at, reason: 'CANCELLED', failure: null });
    return at;
  }
}
