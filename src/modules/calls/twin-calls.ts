import { Injectable, Logger } from '@nestjs/common';
import { StoreClock } from '../../mongo/store-clock.js';
import { toPublicId } from '../../ids/public-id.js';
import { Providers } from '../ultravox/providers.js';
import { type ProviderCall, ProviderError, type VoiceProvider } from '../ultravox/voice-provider.js';
import { CallChanges } from './call-changes.js';
import type { CallDocument } from './call.schema.js';

/** The key in the provider's metadata that holds our own id of the call. */
export const CALL_ID_KEY = 'vohoCallId';
/** The key of the mark beside it, by which we know that we have put it there. */
export const CALL_MARK_KEY = 'vohoCallMark';
/** How long a request whose answer was lost may still turn up at the provider. */
export const UNCERTAIN_MS = 10_000;

/** The same for a call that was given up: nobody waits for it, so it is looked for once, well after. */
const ABANDONED_MS = 60_000;

/** Finds what several attempts to create one call have left at the provider, and removes all but one of it. */
@Injectable()
export class TwinCalls {
  private readonly logger = new Logger('TwinCalls');

  constructor(
    private readonly changes: CallChanges,
    private readonly providers: Providers,
    private readonly clock: StoreClock,
  ) {}

  /** The call as the provider knows it, the oldest where it was created twice; the others are hung up. */
  async findOne(provider: VoiceProvider, call: CallDocument): Promise<ProviderCall | null> {
    const [oldest, ...others] = await this.find(provider, call);
    for (const twin of others) await this.discard(provider, twin);
    return oldest ?? null;
  }

  /**
   * Looks once more, when no lost request can turn up any more, for calls beside the one that was kept. Returns
   * when to look; null when there is nothing to look for.
   */
  async check(call: CallDocument): Promise<Date | null> {
    const { attempts, isUnique, lastAttemptAt, callId } = call.provider;
    if (isUnique || !lastAttemptAt || (attempts === 1 && callId !== null)) return null;
    const dueAt = new Date(lastAttemptAt.getTime() + (callId === null ? ABANDONED_MS : UNCERTAIN_MS));
    if (dueAt > this.clock.now()) return dueAt;
    try {
      const provider = await this.providers.clientFor(call);
      for (const found of await this.find(provider, call)) {
        if (found.providerCallId !== callId) await this.discard(provider, found);
      }
    } catch (error) {
      if (error instanceof ProviderError) return this.clock.in(5000);
      throw error;
    }
    await this.changes.apply(call._id, { kind: 'unique' });
    return null;
  }

  private find(provider: VoiceProvider, call: CallDocument): Promise<ProviderCall[]> {
    return provider.findCalls(CALL_ID_KEY, toPublicId('call', call._id));
  }

  /** Hangs up and deletes a call at the provider that is not the one we keep. @throws ProviderError. */
  async discard(provider: VoiceProvider, twin: ProviderCall): Promise<void> {
    this.logger.warn(`Removing a second call at the provider: ${twin.providerCallId}`);
    if (twin.joinedAt && !twin.endedAt) {
      await provider.sendMessage(twin.providerCallId, { kind: 'hangUp' }).catch(() => undefined);
    }
    await provider.deleteCall(twin.providerCallId);
  }
}
