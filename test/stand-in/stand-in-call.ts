import { randomUUID } from 'node:crypto';

/** What the stand-in was told of a call at its creation. */
export interface CallWish {
  readonly systemPrompt?: string;
  readonly metadata?: Readonly<Record<string, string>>;
  readonly medium?: Readonly<Record<string, unknown>>;
  readonly callbacks?: Readonly<
    Record<string, { readonly url: string; readonly secrets: readonly string[] }>
  >;
  readonly dataConnection?: { readonly websocketUrl: string };
  readonly sharedSecrets?: readonly string[];
}

/** What is said in every call of the stand-in; the second line is cut short when it is settled. */
export const LINES = [
  {
    role: 'MESSAGE_ROLE_AGENT',
    heard: 'Grüezi, this is the stand-in.',
    settled: 'Grüezi, this is the stand-in.',
  },
  { role: 'MESSAGE_ROLE_AGENT', heard: 'We are open from nine to five and', settled: 'We are open from' },
  { role: 'MESSAGE_ROLE_USER', heard: 'Thank you — goodbye 👋', settled: 'Thank you — goodbye 👋' },
] as const;

/** A call at the stand-in. Its times are in milliseconds. */
export class StandInCall {
  readonly id = randomUUID();
  readonly createdAt = Date.now();
  readonly said: { role: string; text: string; isText: boolean }[] = [];
  joinedAt: number | null = null;
  endedAt: number | null = null;
  endReason: string | null = null;
  isDeleted = false;
  recordingAsks = 0;

  constructor(
    readonly wish: CallWish,
    /** The key that it was created with. */
    readonly key: string,
  ) {}

  get isLive(): boolean {
    return this.joinedAt !== null && this.endedAt === null;
  }

  /** So long after the end the summary is there and the bill is final. */
  private isOverSince(milliseconds: number): boolean {
    return this.endedAt !== null && Date.now() - this.endedAt >= milliseconds;
  }

  /** As it is shown: with names that nobody knows, in an order of its own, its times with an offset and microseconds. */
  view(): Record<string, unknown> {
    const { wish } = this;
    const dialsOut = JSON.stringify(wish.medium ?? {}).includes('"outgoing"');
    const hasSummary = this.isOverSince(700) && this.joinedAt !== null;
    return {
      zone: { name: 'elsewhere', rank: 1.5 },
      summary: hasSummary ? 'They said hello, and goodbye.' : null,
      shortSummary: hasSummary ? 'Greetings.' : null,
      joinUrl: dialsOut ? null : `wss://media.stand-in.example/calls/${this.id}?token=${this.key.length}`,
      endReason: this.endReason,
      ended: offsetTime(this.endedAt),
      joined: offsetTime(this.joinedAt),
      created: offsetTime(this.createdAt),
      // Another status than any that is documented, but not the one that is transient.
      billingStatus: this.isOverSince(900) ? 'BILLING_STATUS_SPONSORED' : 'BILLING_STATUS_PENDING',
      billedDuration: this.isOverSince(900) ? '6.000000001s' : null,
      sipDetails: null,
      systemPrompt: wish.systemPrompt,
      metadata: wish.metadata,
      requestContext: {},
      callId: this.id,
      emotions: ['calm'],
    };
  }

  /** What was said, as it was settled in the end; with a role that nobody knows at its end. */
  messages(): Record<string, unknown>[] {
    const spoken = [
      ...LINES.map(({ role, settled }) => ({ role, text: settled, isText: false })),
      ...this.said,
      { role: 'MESSAGE_ROLE_NARRATOR', text: 'The line goes quiet.', isText: false },
    ];
    return spoken.map(({ role, text, isText }, index) => ({
      wallClockTimespan: { end: `${index + 0.75}s`, start: `${index}.250000000s` },
      confidence: 0.9,
      medium: isText ? 'MESSAGE_MEDIUM_TEXT' : 'MESSAGE_MEDIUM_VOICE',
      text,
      role,
      callStageMessageIndex: index * 2,
    }));
  }
}

/** `2026-11-23T12:00:00.123456+02:00`. */
function offsetTime(at: number | null): string | null {
  if (at === null) return null;
  return new Date(at + 2 * 3_600_000).toISOString().replace('Z', '456+02:00');
}
