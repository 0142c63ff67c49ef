import { Injectable, Logger } from '@nestjs/common';
import { StoreClock } from '../../mongo/store-clock.js';
import { toPublicId } from '../../ids/public-id.js';
import { RecordingSaves, RecordingStoreError } from '../../recordings/recording-saves.js';
import { Providers } from '../ultravox/providers.js';
import { ProviderError, type VoiceProvider } from '../ultravox/voice-provider.js';
import { CallChanges } from './call-changes.js';
import type { CallNews } from './call-news.js';
import type { CallDocument } from './call.schema.js';

const HOUR_MS = 3_600_000;
/** How long after the end a final bill is looked at again. */
const BILL_LOOKS_MS = [1, 24, 7 * 24, 30 * 24].map(hours => hours * HOUR_MS);
/** A look at a final bill that finds nobody there is made again after this share of the call's age, up to so late. */
const BILL_RETRY_SHARE = 0.1;
const LAST_BILL_LOOK_MS = 40 * 24 * HOUR_MS;
/** How long a recording is fetched again while there is no room for it here: the provider keeps it for longer. */
const ROOM_PATIENCE_MS = 7 * 24 * HOUR_MS;
/** The least pause between two tries at storing it. */
const ROOM_PAUSE_MS = 5000;
/** How long after the end the provider may take; what is not there by then is not going to be. */
const PATIENCE_MS = {
  summary: 3 * 60_000,
  recording: 15 * 60_000,
  billing: 48 * HOUR_MS,
  billingOfUnjoined: HOUR_MS,
};

/** Fetches what follows a call's end: the final transcript, the recording, the summary and the bill. */
@Injectable()
export class SettleCall {
  private readonly logger = new Logger('Settle');

  constructor(
    private readonly changes: CallChanges,
    private readonly providers: Providers,
    private readonly clock: StoreClock,
    private readonly recordings: RecordingSaves,
  ) {}

  /** Fetches what is missing and there. Returns when to come back; null when nothing is missing. */
  async step(call: CallDocument): Promise<Date | null> {
    const { callId } = call.provider;
    if (callId === null) return null;
    if (isSettled(call)) return this.watchBill(call, callId);
    let current = call;
    const refusals: RecordingStoreError[] = [];
    for (const part of ['transcript', 'snapshot', 'recording'] as const) {
      const news = await this.attempt(call, async () =>
        this[part](current, await this.providers.clientFor(call), callId),
      ).catch((error: unknown) => {
        // The rest of the call is looked after all the same.
        if (!(error instanceof RecordingStoreError)) throw error;
        refusals.push(error);
        return null;
      });
      if (news) current = (await this.changes.apply(call._id, news)) ?? current;
    }
    const hasRoom = refusals.length === 0;
    current = await this.giveUp(current, hasRoom ? PATIENCE_MS.recording : ROOM_PATIENCE_MS);
    if (isSettled(current)) return this.nextLook(current);
    const pause = backOff(this.ageOf(current), current);
    return this.clock.in(hasRoom ? pause : Math.max(pause, ROOM_PAUSE_MS));
  }

  /** Looks at a final bill again: the provider may change it or take it back. */
  private async watchBill(call: CallDocument, callId: string): Promise<Date | null> {
    const dueAt = this.nextLook(call);
    if (!dueAt || dueAt > this.clock.now()) return dueAt;
    const news = await this.attempt(call, () => this.lookAtBill(call, callId));
    const age = this.ageOf(call);
    if (!news && age < LAST_BILL_LOOK_MS) return this.clock.in(age * BILL_RETRY_SHARE);
    const checked: CallNews = { kind: 'billChecked', at: this.clock.now() };
    const current = await this.changes.apply(call._id, ...(news ?? []), checked);
    return current && this.nextLook(current);
  }

  /** What the bill says now: nothing of a call that is gone there. @throws ProviderError when the provider does not say. */
  private async lookAtBill(call: CallDocument, callId: string): Promise<CallNews[]> {
    const provider = await this.providers.clientFor(call);
    try {
      return [{ kind: 'provider', call: await provider.getCall(callId) }];
    } catch (error) {
      if (error instanceof ProviderError && error.fault === 'unknown-call') return [];
      throw error;
    }
  }

  /** When to look at the bill again; null when it will not be any more. */
  private nextLook({ endedAt, provider, settlement }: CallDocument): Date | null {
    if (!endedAt || provider.billing !== 'final') return null;
    const looks = BILL_LOOKS_MS.map(age => new Date(endedAt.getTime() + age));
    const { billCheckedAt } = settlement;
    return looks.find(look => !billCheckedAt || look > billCheckedAt) ?? null;
  }

  private async transcript(
    call: CallDocument,
    provider: VoiceProvider,
    id: string,
  ): Promise<CallNews | null> {
    if (call.settlement.transcript) return null;
    return { kind: 'transcriptSettled', utterances: await provider.getTranscript(id) };
  }

  private async snapshot(
    { settlement }: CallDocument,
    provider: VoiceProvider,
    id: string,
  ): Promise<CallNews | null> {
    if (settlement.summary !== 'pending' && settlement.billing) return null;
    return { kind: 'provider', call: await provider.getCall(id) };
  }

  private async recording(call: CallDocument, provider: VoiceProvider, id: string): Promise<CallNews | null> {
    if (call.settlement.recording !== 'pending') return null;
    await this.recordings.save(call._id, provider.getRecording(id));
    return { kind: 'recordingReady' };
  }

  /** A fault of the provider means "later"; anything else is a fault of ours. */
  private async attempt<T>(call: CallDocument, fetch: () => Promise<T>): Promise<T | null> {
    try {
      return await fetch();
    } catch (error) {
      if (!(error instanceof ProviderError)) throw error;
      this.logger.debug(`Settling ${toPublicId('call', call._id)}: ${error.message}`);
      return null;
    }
  }

  private ageOf({ endedAt }: CallDocument): number {
    const now = this.clock.now().getTime();
    return now - (endedAt?.getTime() ?? now);
  }

  private async giveUp(call: CallDocument, recordingPatienceMs: number): Promise<CallDocument> {
    const age = this.ageOf(call);
    const { summary, recording, billing, transcript } = call.settlement;
    const news: CallNews[] = [];
    if (summary === 'pending' && age > PATIENCE_MS.summary) news.push({ kind: 'summaryAbsent' });
    if (recording === 'pending' && age > recordingPatienceMs) news.push({ kind: 'recordingAbsent' });
    const billingPatience = call.joinedAt ? PATIENCE_MS.billing : PATIENCE_MS.billingOfUnjoined;
    if (!billing && age > billingPatience) news.push({ kind: 'billingAbsent' });
    if (!transcript && age > PATIENCE_MS.billing) news.push({ kind: 'transcriptAbsent' });
    return news.length > 0 ? ((await this.changes.apply(call._id, ...news)) ?? call) : call;
  }
}

const isSettled = ({ settlement }: CallDocument): boolean =>
  settlement.transcript &&
  settlement.summary !== 'pending' &&
  settlement.recording !== 'pending' &&
  settlement.billing;

/**
 * Often at first, when the recording is being finished; then ever more rarely. A bill alone may take hours, and is told
 * by webhook besides.
 */
function backOff(ageMs: number, { settlement }: CallDocument): number {
  const { transcript, summary, recording } = settlement;
  const isBillAlone = transcript && summary !== 'pending' && recording !== 'pending';
  const [share, most] = isBillAlone ? [1, 3_600_000] : [4, 600_000];
  return Math.min(Math.max(ageMs / share, 400), most);
}
