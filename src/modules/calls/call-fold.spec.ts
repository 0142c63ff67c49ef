import { describe, expect, it } from '@jest/globals';
import type { KnownHappening } from '../../events/call-event.schema.js';
import type { ProviderCall } from '../ultravox/voice-provider.js';
import { foldCall } from './call-fold.js';
import type { CallNews } from './call-news.js';
import type { CallDocument } from './call.schema.js';
import { at, BILLED, CREATED, ENDED, JOINED, queuedCall } from './spec-kit.js';

const snapshot = (call: ProviderCall): CallNews => ({ kind: 'provider', call });

/** Folds news one after the other. */
function fold(
  start: CallDocument,
  news: readonly CallNews[],
): { call: CallDocument; happenings: KnownHappening[] } {
  let call = start;
  const happenings: KnownHappening[] = [];
  for (const piece of news) {
    const folded = foldCall(call, piece);
    call = { ...call, ...folded.patch };
    happenings.push(...folded.happenings);
  }
  return { call, happenings };
}

const statuses = (happenings: readonly KnownHappening[]) =>
  happenings.flatMap(happening => (happening.type === 'statusChanged' ? [happening.status] : []));

describe('News about a call', () => {
  const all = [CREATED, JOINED, ENDED, BILLED].map(snapshot);

  it('shows every step even when all but the last piece is lost', () => {
    const { happenings } = fold(queuedCall(), [snapshot(BILLED)]);
    expect(statuses(happenings)).toEqual(['RINGING', 'IN_PROGRESS', 'COMPLETED']);
  });

  it('keeps the join address only until the call is over', () => {
    expect(fold(queuedCall(), [snapshot(CREATED)]).call.provider.joinUrl).toBe('wss://join.invalid/1');
    expect(
      fold(queuedCall(), [snapshot(CREATED), snapshot({ ...ENDED, joinUrl: 'wss://late.invalid' })]).call
        .provider.joinUrl,
    ).toBeNull();
  });

  it('is not taken from another call of the provider', () => {
    const { call } = fold(queuedCall(), [snapshot(CREATED), snapshot({ ...ENDED, providerCallId: 'p-2' })]);
    expect(call).toMatchObject({ status: 'RINGING', endReason: null });
  });

  it('cannot bring back a call that was cancelled', () => {
    const { call } = fold(queuedCall(), [
      snapshot(CREATED),
      { kind: 'endRequested', at: at(3) },
      { kind: 'over', at: at(3), reason: 'CANCELLED', failure: null },
      snapshot(JOINED),
    ]);
    expect(call).toMatchObject({ status: 'ENDED', endReason: 'CANCELLED', joinedAt: null });
  });

  it('tells of nobody joining by the name of what the user asked for', () => {
    const { call } = fold(queuedCall(), [
      snapshot(CREATED),
      { kind: 'endRequested', at: at(3) },
      snapshot({ ...CREATED, endedAt: at(4), endReason: 'unjoined' }),
    ]);
    expect(call).toMatchObject({ status: 'ENDED', endReason: 'CANCELLED' });
    expect(call.settlement).toMatchObject({ transcript: true, summary: 'absent', recording: 'absent' });
  });

  it('adds no utterance once the transcript is settled', () => {
    const utterance = {
      ordinal: 0,
      speaker: 'AGENT',
      text: 'Hello',
      medium: 'VOICE',
      startSeconds: 0,
      endSeconds: 1,
    } as const;
    const { call, happenings } = fold(queuedCall(), [
      ...all,
      { kind: 'transcriptSettled', utterances: [utterance] },
      { kind: 'utterance', utterance: { ...utterance, ordinal: 1 } },
    ]);
    expect(happenings.filter(({ type }) => type === 'utteranceAdded')).toEqual([]);
    expect(call.words).toEqual(expect.arrayContaining(['hello', 'they', 'said']));
  });

  it('leaves nothing to read of a deleted call', () => {
    const { call, happenings } = fold(queuedCall(), [
      ...all,
      { kind: 'deleted', at: at(3) },
      { kind: 'deleted', at: at(3) },
      snapshot(BILLED),
    ]);
    expect(call).toMatchObject({ systemPrompt: '', summary: null, words: [], metadata: {}, variables: {} });
    expect(happenings.filter(({ type }) => type === 'deleted')).toHaveLength(1);
    expect(happenings.at(-1)).toEqual({ type: 'deleted' });
  });
});
