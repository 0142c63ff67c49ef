import { Injectable } from '@nestjs/common';
import { Providers } from '../ultravox/providers.js';
import { ProviderError, type VoiceProvider } from '../ultravox/voice-provider.js';
import { CallChanges } from './call-changes.js';
import { isOver } from './call-status.js';
import type { CallDocument } from './call.schema.js';
import { inMs } from './in-ms.js';

/** How often the provider is asked about a live call, beside all that it tells by itself. */
const ASK_EVERY_MS = 10_000;

/** Looks after calls that are at the provider and not over. */
@Injectable()
export class FollowCall {
  constructor(
    private readonly changes: CallChanges,
    private readonly providers: Providers,
  ) {}

  /** Asks the provider how the call stands, and ends it where a user has asked for that. */
  async step(call: CallDocument): Promise<Date> {
    const providerCallId = call.provider.callId;
    if (providerCallId === null) throw new Error('A call that is not queued has a provider call id');
    const provider = await this.providers.clientFor(call);
    try {
      const current = await this.changes.apply(call._id, {
        kind: 'provider',
        call: await provider.getCall(providerCallId),
      });
      if (!current || isOver(current.status)) return inMs(0);
      if (!current.endRequestedAt) return inMs(ASK_EVERY_MS);
      return await this.end(current, provider, providerCallId);
    } catch (error) {
      if (!(error instanceof ProviderError)) throw error;
      if (error.fault === 'unknown-call') {
        const failure = 'The voice provider no longer knows the call.';
        await this.changes.apply(call._id, { kind: 'over', at: new Date(), reason: 'SYSTEM_ERROR', failure });
        return inMs(0);
      }
      return inMs(2000);
    }
  }

  /** Hangs up a call that was joined; takes back one that nobody has joined. */
  private async end(call: CallDocument, provider: VoiceProvider, providerCallId: string): Promise<Date> {
    if (call.status === 'IN_PROGRESS') {
      await provider.sendMessage(providerCallId, { kind: 'hangUp' }).catch((error: unknown) => {
        // Just over: the next look tells how.
        if (!(error instanceof ProviderError && error.fault === 'not-live')) throw error;
      });
      return inMs(500);
    }
    await provider.deleteCall(providerCallId);
    await this.changes.apply(call._id, { kind: 'over', at: new Date(), reason: 'CANCELLED', failure: null });
    return inMs(0);
  }
}
