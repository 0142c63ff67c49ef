import { Inject, Injectable, Logger } from '@nestjs/common';
import { SETTINGS, type Settings } from '../../config/settings.js';
import { StoreClock } from '../../mongo/store-clock.js';
import { toPublicId } from '../../ids/public-id.js';
import { PhoneLines } from '../ultravox/phone-lines.js';
import { Providers } from '../ultravox/providers.js';
import { ProviderSignatures } from '../ultravox/signatures.js';
import {
  type ProviderCall,
  type ProviderCallbacks,
  ProviderError,
  type VoiceProvider,
} from '../ultravox/voice-provider.js';
import { Admission } from './admission.js';
import { CallChanges } from './call-changes.js';
import { CallQuota } from './call-quota.js';
import { isOver } from './call-status.js';
import type { CallDocument } from './call.schema.js';
import { CallsRepository } from './calls.repository.js';
import { PhoneAllowance } from './phone-allowance.js';
import { RunningCallsService } from './running-calls.service.js';
import { CALL_ID_KEY, CALL_MARK_KEY, TwinCalls, UNCERTAIN_MS } from './twin-calls.js';

/** The shortest duration that a call is given, however little is left of a quota. */
const SHORTEST_SECONDS = 10;

/** After so many attempts without an answer the call fails. */
const MOST_ATTEMPTS = 20;

/** Brings accepted calls to the provider, each exactly once, though the provider itself knows no such promise. */
@Injectable()
export class DispatchCall {
  private readonly logger = new Logger('Dispatch');

  constructor(
    private readonly calls: CallsRepository,
    private readonly changes: CallChanges,
    private readonly admission: Admission,
    private readonly quota: CallQuota,
    private readonly allowance: PhoneAllowance,
    private readonly running: RunningCallsService,
    private readonly providers: Providers,
    private readonly lines: PhoneLines,
    private readonly clock: StoreClock,
    private readonly twins: TwinCalls,
    private readonly signatures: ProviderSignatures,
    @Inject(SETTINGS) private readonly settings: Settings,
  ) {}

  /** Takes a queued call one step further. Returns when to come back. */
  async step(call: CallDocument): Promise<Date> {
    const { uncertainSince } = call.provider;
    if (uncertainSince) return this.resolveUncertainty(call, uncertainSince);
    if (call.endRequestedAt) return this.end(call, 'CANCELLED');
    if (call.provider.attempts >= MOST_ATTEMPTS) return this.end(call, 'SYSTEM_ERROR');
    const isExpired = call.queuedUntil <= this.clock.now();
    if (isExpired && call.provider.attempts > 0) return this.end(call, 'QUEUE_EXPIRED');
    return (await this.admission.hasSeat(call._id)) ? this.create(call) : this.wait(call);
  }

  /** Leaves it to the round of admission to call again. */
  private async wait(call: CallDocument): Promise<Date> {
    if ((await this.quota.remainingSeconds()) <= 0) return this.end(call, 'QUOTA_EXCEEDED');
    if (call.queuedUntil <= this.clock.now()) return this.end(call, 'QUEUE_EXPIRED');
    await this.admission.enter(call);
    await this.admission.call(call);
    return call.queuedUntil;
  }

  /** Notes the attempt before it is made: after a crash nobody takes the provider to know nothing. */
  private async create(call: CallDocument): Promise<Date> {
    if ((await this.allowance.remainingSeconds(call)) <= 0) return this.end(call, 'QUOTA_EXCEEDED');
    await this.changes.apply(call._id, { kind: 'attempted', at: this.clock.now() });
    let provider: VoiceProvider | undefined;
    try {
      provider = await this.providers.clientFor(call);
      const made = await provider.createCall(await this.requestFor(call));
      const before = await this.calls.findEvenDeleted(call._id);
      const isAbandoned = before !== null && isOver(before.status) && before.provider.callId === null;
      const current = await this.changes.apply(call._id, { kind: 'provider', call: made });
      // Given up meanwhile, or made by another hand that was faster: then this one is nobody's.
      if (isAbandoned || current?.provider.callId !== made.providerCallId)
        await this.twins.discard(provider, made);
      await this.running.notePeak();
      return this.clock.now();
    } catch (error) {
      if (!(error instanceof ProviderError)) throw error;
      this.logger.warn(`Creating ${toPublicId('call', call._id)}: ${error.message}`);
      if (error.fault === 'no-answer') return this.clock.in(500);
      if (error.fault === 'busy' && provider) {
        await this.changes.apply(call._id, { kind: 'turnedAway' });
        await this.admission.refused(call, error, provider);
        return call.queuedUntil;
      }
      await this.changes.apply(
        call._id,
        { kind: 'notCreated' },
        { kind: 'over', at: this.clock.now(), reason: 'PROVIDER_REJECTED', failure: error.message },
      );
      return this.clock.now();
    }
  }

  /**
   * An answer was lost: the call may exist. It is searched by our id before anything else is tried; one empty
   * search proves nothing, so only after 10 s of them is the call taken not to exist.
   */
  private async resolveUncertainty(call: CallDocument, since: Date): Promise<Date> {
    let found: ProviderCall | null;
    try {
      found = await this.twins.findOne(await this.providers.clientFor(call), call);
    } catch (error) {
      if (!(error instanceof ProviderError)) throw error;
      return this.clock.in(2000);
    }
    if (found) {
      await this.changes.apply(call._id, { kind: 'provider', call: found });
      await this.running.notePeak();
      return this.clock.now();
    }
    if (this.clock.now().getTime() - since.getTime() < UNCERTAIN_MS) return this.clock.in(1000);
    await this.changes.apply(call._id, { kind: 'notCreated' });
    return this.clock.now();
  }

  private async end(
    call: CallDocument,
    reason: 'CANCELLED' | 'QUEUE_EXPIRED' | 'QUOTA_EXCEEDED' | 'SYSTEM_ERROR',
  ): Promise<Date> {
    const failure = reason === 'SYSTEM_ERROR' ? 'The voice provider could not take the call.' : null;
    await this.changes.apply(call._id, { kind: 'over', at: this.clock.now(), reason, failure });
    return this.clock.now();
  }

  private async requestFor(call: CallDocument) {
    const { isSimulated, phoneNumber, provider } = call;
    const id = toPublicId('call', call._id);
    return {
      ...call,
      maxDurationSeconds: await this.durationFor(call),
      metadata: { ...call.metadata, [CALL_ID_KEY]: id, [CALL_MARK_KEY]: this.signatures.markOf(id) },
      phone: phoneNumber === null ? null : await this.lines.to(phoneNumber, { ...provider, isSimulated }),
      callbacks: this.callbacksFor(id),
    };
  }

  /** A call gets no more time than what its quotas have left, so that one long call cannot pass them by. */
  private async durationFor(call: CallDocument): Promise<number> {
    const left = Math.min(await this.quota.remainingSeconds(), await this.allowance.remainingSeconds(call));
    return Math.min(call.maxDurationSeconds, Math.max(SHORTEST_SECONDS, Math.ceil(left)));
  }

  private callbacksFor(id: string): ProviderCallbacks {
    const { PUBLIC_URL } = this.settings;
    return {
      webhookUrl: `${PUBLIC_URL}/ultravox/webhooks/${id}`,
      dataConnectionUrl: `${PUBLIC_URL.replace(/^http/, 'ws')}/ultravox/data/${id}`,
      secret: this.signatures.secretOf(id),
    };
  }
}
