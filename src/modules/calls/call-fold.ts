import type { CallEndReason, KnownHappening } from '../../events/call-event.schema.js';
import type { ProviderCall } from '../ultravox/voice-provider.js';
import type { Booking } from '../usage/usage-ledger.service.js';
import { bookingsOf, closeBill, foldBill } from './call-bill.js';
import type { CallDocument } from './call.schema.js';
import type { CallNews } from './call-news.js';
import { finalStatusOf, isOver, stepsBetween } from './call-status.js';
import { moreTerms, storedTerms } from './search-terms.js';

/** What a piece of news makes of a call: the fields that change, and what subscribers are told. */
interface Change {
  readonly patch: Partial<CallDocument>;
  readonly happenings: readonly KnownHappening[];
}

/** The same, with what is to be booked in the usage ledger for it. */
export interface Folded extends Change {
  readonly bookings: readonly Booking[];
}

const NOTHING: Change = { patch: {}, happenings: [] };

const END_REASONS: Readonly<Record<string, CallEndReason>> = {
  unjoined: 'UNJOINED',
  hangup: 'HANGUP',
  agent_hangup: 'AGENT_HANGUP',
  timeout: 'TIMEOUT',
  connection_error: 'CONNECTION_ERROR',
  system_error: 'SYSTEM_ERROR',
};

/**
 * Folds news into a call. Pure and monotonic: whatever order news comes in, however often, and whatever is lost,
 * the call ends the same. News that is already known changes nothing.
 */
export function foldCall(call: CallDocument, news: CallNews): Folded {
  const { patch, happenings } = fold(call, news);
  const bookings = bookingsOf({ ...call, ...patch });
  const last = bookings.at(-1);
  if (!last) return { patch, happenings, bookings };
  const entries = (call.booked?.entries ?? 0) + bookings.length;
  return { patch: { ...patch, booked: { ...last, entries } }, happenings, bookings };
}

function fold(call: CallDocument, news: CallNews): Change {
  const { settlement } = call;
  switch (news.kind) {
    case 'attempted':
      return changed({
        provider: {
          ...call.provider,
          attempts: call.provider.attempts + 1,
          uncertainSince: news.at,
          lastAttemptAt: news.at,
        },
      });
    case 'unique':
      return changed({ provider: { ...call.provider, isUnique: true } });
    case 'notCreated':
      return changed({ provider: { ...call.provider, uncertainSince: null } });
    case 'turnedAway': {
      const attempts = call.provider.attempts - 1;
      const lastAttemptAt = attempts === 0 ? null : call.provider.lastAttemptAt;
      return changed({ provider: { ...call.provider, attempts, lastAttemptAt, uncertainSince: null } });
    }
    case 'provider':
      return foldSnapshot(call, news.call, news.isPast ?? false);
    case 'over':
      return isOver(call.status)
        ? NOTHING
        : foldEnd(
            // Nobody but us tells of this end: a bill is to come of it only where somebody had joined.
            call.joinedAt ? call : { ...call, settlement: { ...settlement, billing: true } },
            news.reason,
            news.at,
            news.failure,
            call.joinedAt !== null,
          );
    case 'utterance':
      if (settlement.transcript || call.deletedAt) return NOTHING;
      return {
        patch: { words: moreTerms(call.words, news.utterance.text) },
        happenings: [{ type: 'utteranceAdded', utterance: news.utterance, joinedAt: call.joinedAt }],
      };
    case 'transcriptSettled':
      if (settlement.transcript || call.deletedAt) return NOTHING;
      return {
        patch: {
          settlement: { ...settlement, transcript: true },
          words: storedTerms(call.summary ?? '', ...news.utterances.map(utterance => utterance.text)),
        },
        happenings: [{ type: 'transcriptSettled', utteranceCount: news.utterances.length }],
      };
    case 'recordingReady':
      if (settlement.recording !== 'pending' || call.deletedAt) return NOTHING;
      return {
        patch: { settlement: { ...settlement, recording: 'ready' } },
        happenings: [{ type: 'recordingReady' }],
      };
    case 'recordingAbsent':
      return settlement.recording === 'pending'
        ? changed({ settlement: { ...settlement, recording: 'absent' } })
        : NOTHING;
    case 'summaryAbsent':
      return settlement.summary === 'pending'
        ? changed({ settlement: { ...settlement, summary: 'absent' } })
        : NOTHING;
    case 'billingAbsent':
      return changed({ settlement: { ...settlement, billing: true } });
    case 'billChecked':
      return changed({ settlement: { ...settlement, billCheckedAt: news.at } });
    case 'transcriptAbsent':
      return changed({ settlement: { ...settlement, transcript: true } });
    case 'endRequested':
      return call.endRequestedAt ? NOTHING : changed({ endRequestedAt: news.at });
    case 'deleted':
      return call.deletedAt ? NOTHING : foldDeletion(call, news.at);
    case 'contentErased':
      return call.deletedAt || call.erasedAt ? NOTHING : foldErasure(call, news.at);
    case 'deletedAtProvider':
      return changed({ ...closeBill(call), settlement: { ...settlement, deletion: true } });
  }
}

const changed = (patch: Partial<CallDocument>): Change => ({ patch, happenings: [] });

/** What the provider knows of the call: the most complete news there is. */
function foldSnapshot(call: CallDocument, snapshot: ProviderCall, isPast: boolean): Change {
  const known = call.provider.callId;
  if (known !== null && known !== snapshot.providerCallId) return NOTHING;
  const bill = foldBill(call, snapshot, isPast);
  // Of a deleted call nothing is kept any more; its bill holds nothing of it.
  if (call.deletedAt) return known === null ? NOTHING : changed(bill);
  const { patch, happenings } = inTurn({ ...call, ...bill }, snapshot, [foldFacts, foldStatus, foldSummary]);
  return { patch: { ...bill, ...patch }, happenings };
}

/** Folds parts one after the other, each on top of what the one before it has changed. */
function inTurn(
  start: CallDocument,
  snapshot: ProviderCall,
  parts: readonly ((call: CallDocument, snapshot: ProviderCall) => Change)[],
): Change {
  let patch: Partial<CallDocument> = {};
  const happenings: KnownHappening[] = [];
  for (const part of parts) {
    const folded = part({ ...start, ...patch }, snapshot);
    patch = { ...patch, ...folded.patch };
    happenings.push(...folded.happenings);
  }
  return { patch, happenings };
}

/** What is simply taken over, where it says more than is known. */
function foldFacts(call: CallDocument, snapshot: ProviderCall): Change {
  const wasCancelled = isOver(call.status) && call.endReason === 'CANCELLED';
  return changed({
    provider: {
      ...call.provider,
      callId: snapshot.providerCallId,
      createdAt: snapshot.createdAt,
      uncertainSince: null,
      joinUrl: isOver(call.status) || snapshot.endedAt ? null : (snapshot.joinUrl ?? call.provider.joinUrl),
    },
    joinedAt: call.joinedAt ?? (wasCancelled ? null : snapshot.joinedAt),
    settlement: { ...call.settlement, billing: call.settlement.billing || snapshot.isBillingFinal },
  });
}

function foldStatus(call: CallDocument, snapshot: ProviderCall): Change {
  if (isOver(call.status)) return NOTHING;
  const wasJoined = call.joinedAt !== null || snapshot.joinedAt !== null;
  if (snapshot.endedAt) {
    const reason = END_REASONS[snapshot.endReason ?? ''] ?? 'OTHER';
    return foldEnd(call, reason, snapshot.endedAt, null, wasJoined);
  }
  return moved(call, wasJoined ? 'IN_PROGRESS' : 'RINGING', null, {});
}

function foldEnd(
  call: CallDocument,
  reason: CallEndReason,
  endedAt: Date,
  failure: string | null,
  wasJoined: boolean,
): Change {
  const endReason = wasJoined ? reasonAfterJoin(call, reason) : reasonWithoutJoin(call, reason);
  const status = finalStatusOf(endReason, wasJoined);
  return moved(call, status, endReason, {
    endReason,
    endedAt,
    failure: failure ?? (status === 'FAILED' ? (FAILURES[endReason] ?? null) : null),
    settlement: wasJoined
      ? { ...call.settlement, recording: call.recordingEnabled ? call.settlement.recording : 'absent' }
      : { ...call.settlement, transcript: true, summary: 'absent', recording: 'absent' },
  });
}

/** Our own request to end a call that nobody joined is told by its own name. */
function reasonWithoutJoin(call: CallDocument, reason: CallEndReason): CallEndReason {
  return reason === 'UNJOINED' && call.endRequestedAt ? 'CANCELLED' : reason;
}

/** A call that somebody has joined after all was hung up, or ended in a way that only the provider knows. */
function reasonAfterJoin(call: CallDocument, reason: CallEndReason): CallEndReason {
  if (reason !== 'UNJOINED' && reason !== 'CANCELLED') return reason;
  return call.endRequestedAt ? 'HANGUP' : 'OTHER';
}

/** What went wrong, in words a user may read. */
const FAILURES: Partial<Record<CallEndReason, string>> = {
  CONNECTION_ERROR: 'The connection to the call was lost.',
  SYSTEM_ERROR: 'The voice provider had a fault.',
  PROVIDER_REJECTED: 'The voice provider refused the call.',
  QUOTA_EXCEEDED: "The tenant's quota of call minutes is used up.",
};

function moved(
  call: CallDocument,
  to: CallDocument['status'],
  endReason: CallEndReason | null,
  patch: Partial<CallDocument>,
): Change {
  const isKnown =
    call.provider.callId !== null || to === 'COMPLETED' || to === 'IN_PROGRESS' || endReason === 'UNJOINED';
  const via = [isKnown && 'RINGING', call.joinedAt !== null && 'IN_PROGRESS'] as const;
  const steps = stepsBetween(
    call.status,
    to,
    via.filter(status => status !== false),
  );
  if (steps.length === 0) return NOTHING;
  return {
    patch: { ...patch, status: to },
    happenings: steps.map((status, index) => ({
      type: 'statusChanged' as const,
      status,
      previousStatus: steps[index - 1] ?? call.status,
      endReason: status === to ? endReason : null,
    })),
  };
}

function foldSummary(call: CallDocument, { summary, shortSummary, endedAt }: ProviderCall): Change {
  if (summary === null || !endedAt || call.settlement.summary === 'ready' || call.erasedAt) return NOTHING;
  return {
    patch: {
      summary,
      shortSummary,
      words: moreTerms(call.words, summary),
      settlement: { ...call.settlement, summary: 'ready' },
    },
    happenings: [{ type: 'summaryReady', summary, shortSummary }],
  };
}

/** What stays of a deleted call: who made it and when, so that its events still find their hearers. */
function foldDeletion(call: CallDocument, deletedAt: Date): Change {
  return {
    patch: { deletedAt, ...WITHOUT_CONTENT, provider: { ...call.provider, joinUrl: null } },
    happenings: [{ type: 'deleted' }],
  };
}

/** The call goes on, or stays as it ended; but nothing that was said in it is taken in any more. */
function foldErasure(call: CallDocument, erasedAt: Date): Change {
  const settlement = {
    ...call.settlement,
    transcript: true,
    summary: 'absent',
    recording: 'absent',
  } as const;
  return changed({ erasedAt, ...WITHOUT_CONTENT, settlement });
}

/** What goes with whatever was said in a call. */
const WITHOUT_CONTENT = {
  systemPrompt: '',
  phoneNumber: null,
  variables: {},
  metadata: {},
  metadataPairs: [],
  words: [],
  summary: null,
  shortSummary: null,
  failure: null,
  idempotency: null,
} satisfies Partial<CallDocument>;
