/** The status of a call, as the API names it. */
export type CallStatus = 'QUEUED' | 'RINGING' | 'IN_PROGRESS' | 'COMPLETED' | 'FAILED' | 'ENDED';

/** Something said in the call; `isFinal` is false while it is still being said. */
export interface Line {
  readonly ordinal: number;
  readonly speaker: 'AGENT' | 'USER' | 'TOOL';
  readonly text: string;
  readonly isFinal: boolean;
}

/** One event of the feed, as `FollowCall` selects it. */
export type FeedEvent = { readonly cursor: string } & (
  | {
      readonly __typename: 'CallStatusChanged';
      readonly status: CallStatus;
      readonly endReason: string | null;
    }
  | { readonly __typename: 'CallUtteranceAdded'; readonly utterance: Omit<Line, 'isFinal'> }
  | { readonly __typename: 'CallTranscriptSettled' }
  | { readonly __typename: 'CallRecordingReady'; readonly recording: { readonly url: string } | null }
  | { readonly __typename: 'CallSummaryReady'; readonly summary: string }
  | { readonly __typename: 'CallDeleted' }
);

/** What the panel shows of the call it follows. */
export interface LiveCallState {
  readonly connection: 'starting' | 'live' | 'reconnecting' | 'over';
  readonly callId: string | null;
  readonly status: CallStatus | null;
  readonly endReason: string | null;
  readonly lines: readonly Line[];
  readonly isSettled: boolean;
  readonly summary: string | null;
  readonly recordingUrl: string | null;
  /** Why the call could not be started or followed, fit to be shown. */
  readonly problem: string | null;
}

/** Nothing has happened yet. */
export const BEFORE_THE_CALL: LiveCallState = {
  connection: 'starting',
  callId: null,
  status: null,
  endReason: null,
  lines: [],
  isSettled: false,
  summary: null,
  recordingUrl: null,
  problem: null,
};

/** The state after an event. Applying an event twice changes nothing, so a repeated one does no harm. */
export function afterEvent(state: LiveCallState, event: FeedEvent): LiveCallState {
  switch (event.__typename) {
    case 'CallStatusChanged':
      return { ...state, status: event.status, endReason: event.endReason };
    case 'CallUtteranceAdded':
      return { ...state, lines: withLine(state.lines, { ...event.utterance, isFinal: true }) };
    case 'CallTranscriptSettled':
      return { ...state, isSettled: true };
    case 'CallRecordingReady':
      return { ...state, recordingUrl: event.recording && onThisServer(event.recording.url) };
    case 'CallSummaryReady':
      return { ...state, summary: event.summary };
    case 'CallDeleted':
      return { ...state, connection: 'over', problem: 'The call was deleted.' };
  }
}

/** The state after a delta; it never replaces what was already stored for that ordinal. */
export function afterDelta(state: LiveCallState, delta: Line): LiveCallState {
  const known = state.lines.find(line => line.ordinal === delta.ordinal);
  if (known?.isFinal === true || delta.text === '') return state;
  return { ...state, lines: withLine(state.lines, delta) };
}

/** Whether nothing more is to come: the call is over, and if it was held, all that follows it is there. */
export function isOver(state: LiveCallState): boolean {
  if (state.connection === 'over') return true;
  if (state.status === 'FAILED' || state.status === 'ENDED') return true;
  return (
    state.status === 'COMPLETED' && state.isSettled && state.summary !== null && state.recordingUrl !== null
  );
}

function withLine(lines: readonly Line[], line: Line): readonly Line[] {
  const others = lines.filter(({ ordinal }) => ordinal !== line.ordinal);
  return [...others, line].sort((one, other) => one.ordinal - other.ordinal);
}

/** The link may carry the server's public name; the page may load media only from where it was itself loaded. */
function onThisServer(url: string): string {
  const { pathname, search } = new URL(url, location.origin);
  return pathname + search;
}
