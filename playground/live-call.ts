import type { Api } from './api.js';
import { Refusal, type AnswerError } from './graphql-http.js';
import { ObservableState } from './observable-state.js';
import {
  afterDelta,
  afterEvent,
  BEFORE_THE_CALL,
  isOver,
  type FeedEvent,
  type Line,
  type LiveCallState,
} from './live-call-state.js';
import {
  CREATE_DEMO_CALL,
  DEMO_CALL,
  END_CALL,
  FOLLOW_CALL,
  HEAR_CALL,
  READ_CALL,
} from './live-call-operations.js';

/** After the end, what follows a call comes within seconds; the panel waits this long and then stops listening. */
const AFTERMATH_MS = 45_000;
const LONGEST_WAIT_MS = 10_000;
/** Refusals that a later attempt may not meet; a refusal without a code is a server that could not be reached. */
const PASSING = new Set(['RATE_LIMITED', 'UNAVAILABLE', 'INTERNAL', 'PROVIDER_UNAVAILABLE']);
/** Close codes of graphql-transport-ws for a credential that is missing, expired or not accepted. */
const CREDENTIAL_REFUSED = new Set([4401, 4403]);

/**
 * Starts a demo call and follows it to its summary. A socket that breaks is opened again and the feed resumed after
 * the last cursor seen, so that no event is missed and none is shown twice.
 */
export class LiveCall {
  readonly state = new ObservableState<LiveCallState>(BEFORE_THE_CALL);
  readonly #api: Api;
  #isClosed = false;
  #cursor = '';
  #stopListening: (() => void) | null = null;
  #aftermath: ReturnType<typeof setTimeout> | undefined;

  constructor(api: Api) {
    this.#api = api;
  }

  /** Resolves when nothing more is to come or the call could not be started; never rejects. */
  async run(): Promise<void> {
    try {
      const { createCall } = await this.#api.ask<{ createCall: { id: string } }>(CREATE_DEMO_CALL, DEMO_CALL);
      this.#update({ callId: createCall.id });
      await this.#follow(createCall.id);
    } catch (error) {
      this.#update({ connection: 'over', problem: error instanceof Error ? error.message : String(error) });
    } finally {
      clearTimeout(this.#aftermath);
    }
  }

  /** Hangs up; the feed then tells of the end. */
  async hangUp(): Promise<void> {
    const id = this.state.get().callId;
    if (id === null) return;
    await this.#api.ask(END_CALL, { id }).catch((error: unknown) => {
      this.#update({ problem: error instanceof Error ? error.message : String(error) });
    });
  }

  /** Stops following; the call itself goes on. */
  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#aftermath);
    this.#stopListening?.();
  }

  async #follow(callId: string): Promise<void> {
    for (let failures = 0; !this.#isDone(); failures++) {
      const before = this.#cursor;
      try {
        await this.#listen(callId);
      } catch (error) {
        await this.#mend(error);
      }
      if (this.#isDone()) break;
      if (this.#cursor !== before) failures = 0;
      this.#update({ connection: 'reconnecting' });
      const wait = Math.min(500 * 2 ** failures, LONGEST_WAIT_MS);
      await new Promise(resolve => setTimeout(resolve, wait));
    }
    this.#update({ connection: 'over' });
  }

  #isDone(): boolean {
    return this.#isClosed || isOver(this.state.get());
  }

  /** Listens until the call is over or the socket breaks. */
  async #listen(callId: string): Promise<void> {
    const socket = this.#api.socket();
    const stopHearing = socket.subscribe<{ transcriptDeltas: Line }>(
      { query: HEAR_CALL, variables: { callId } },
      {
        next: ({ data }) => data && this.state.set(afterDelta(this.state.get(), data.transcriptDeltas)),
        // The feed breaks with the same socket and brings both back; without deltas whole utterances still come.
        error: () => undefined,
        complete: () => undefined,
      },
    );
    const stopNoticing = socket.on('connected', () => this.#update({ connection: 'live' }));
    const variables = { callId, after: this.#cursor };
    const feed = socket.iterate<{ callEvents: FeedEvent }>({ query: FOLLOW_CALL, variables });
    this.#stopListening = () => void feed.return?.();
    try {
      for await (const { data, errors } of feed) {
        if (errors?.[0] !== undefined) throw new Refusal(errors[0]);
        if (data) await this.#take(callId, data.callEvents);
        if (this.#isDone()) break;
      }
    } finally {
      stopHearing();
      stopNoticing();
    }
  }

  /**
   * Makes the next attempt likelier to succeed. A socket that broke needs nothing, it is only opened again.
   * @throws Refusal when the feed was refused for a reason that will not pass.
   */
  async #mend(error: unknown): Promise<void> {
    const refusal = asRefusal(error);
    if (refusal !== null) {
      if (refusal.code === 'CURSOR_EXPIRED') this.#cursor = '';
      else if (refusal.code === 'UNAUTHENTICATED') await this.#api.renewCredential();
      else if (refusal.code !== undefined && !PASSING.has(refusal.code)) throw refusal;
    } else if (error instanceof CloseEvent && CREDENTIAL_REFUSED.has(error.code)) {
      await this.#api.renewCredential();
    }
  }

  async #take(callId: string, event: FeedEvent): Promise<void> {
    this.state.set(afterEvent({ ...this.state.get(), connection: 'live' }, event));
    if (event.__typename === 'CallTranscriptSettled') await this.#readAgain(callId);
    // Last, so that an event whose consequences could not be loaded comes again; applying one twice does no harm.
    this.#cursor = event.cursor;
    if (this.state.get().status === 'COMPLETED') {
      this.#aftermath ??= setTimeout(() => this.close(), AFTERMATH_MS);
    }
  }

  /** The settled transcript may differ from what was heard live. */
  async #readAgain(callId: string): Promise<void> {
    const { call } = await this.#api.ask<{ call: { transcript: { nodes: Omit<Line, 'isFinal'>[] } } | null }>(
      READ_CALL,
      { id: callId },
    );
    if (call === null) return;
    this.#update({ lines: call.transcript.nodes.map(line => ({ ...line, isFinal: true })) });
  }

  #update(change: Partial<LiveCallState>): void {
    this.state.set({ ...this.state.get(), ...change });
  }
}

/** graphql-ws rejects with the list of errors when a subscription is refused, with a close event when the socket breaks. */
function asRefusal(error: unknown): Refusal | null {
  if (error instanceof Refusal) return error;
  const [first] = Array.isArray(error) ? (error as AnswerError[]) : [];
  return first === undefined ? null : new Refusal(first);
}
