import { setTimeout as sleep } from 'node:timers/promises';
import type { Loose } from '../../kit/client.js';
import type { HeardEvent } from '../check/histories.js';
import type { Journal } from './journal.js';

/** A query that takes everything that a history is checked by. */
export const FEED = `subscription ($after: String) {
  callEvents(after: $after) { id cursor sequence callId occurredAt }
}`;

/** The code of a line that never stood, since nobody took it. */
export const REFUSED = -1;
/** The code of a line that broke. */
export const BROKEN = 0;

/** Why a line has ended. */
export interface LineEnd {
  /** The close code, BROKEN or REFUSED. */
  readonly code: number;
  readonly reason: string;
}

/** One connection of a subscriber; ends with the line. */
export type Connect = (
  after: string,
  onNext: (payload: Loose) => void,
  signal: AbortSignal,
) => Promise<LineEnd>;

/** Codes after which a client may not come back. */
const FINAL = new Set([4400, 4401, 4406, 4409, 4429, 4500]);
const HARMLESS = new Set(['INTERNAL', 'UNAVAILABLE', 'RATE_LIMITED']);

/** A client that follows all calls of the tenant and always comes back, with one argument: its last cursor. */
export class Subscriber {
  readonly heard: HeardEvent[] = [];
  private cursor: string;
  private readonly leaving = new AbortController();
  private running: Promise<void> | null = null;

  constructor(
    readonly name: string,
    private readonly connect: Connect,
    private readonly journal: Journal,
    start = '',
  ) {
    this.cursor = start;
  }

  start(): void {
    this.running ??= this.run();
  }

  async stop(): Promise<void> {
    this.leaving.abort();
    await this.running;
  }

  private hasLeft(): boolean {
    return this.leaving.signal.aborted;
  }

  private async run(): Promise<void> {
    const { signal } = this.leaving;
    while (!this.hasLeft()) {
      const end = await this.connect(this.cursor, payload => this.take(payload), signal);
      if (this.hasLeft()) return;
      const { current } = this.journal;
      current.resumes += 1;
      current.closeCodes[end.code] = (current.closeCodes[end.code] ?? 0) + 1;
      if (FINAL.has(end.code))
        this.journal.violation(`${this.name} was closed for good: ${end.code} ${end.reason}`);
      await sleep(100 + Math.random() * 300);
    }
  }

  private take({ data, errors }: Loose): void {
    const code = errors?.[0]?.extensions?.code;
    if (code !== undefined && !HARMLESS.has(code))
      this.journal.violation(`${this.name} was told ${String(code)}`);
    const event = data?.callEvents;
    if (!event) return;
    this.cursor = event.cursor;
    this.heard.push({
      id: event.id,
      callId: event.callId,
      sequence: event.sequence,
      delayMs: Date.now() - Date.parse(event.occurredAt),
      at: Date.now(),
    });
  }
}
