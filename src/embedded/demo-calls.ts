import type { KnownHappening, Utterance } from '../events/call-event.schema.js';
import type { CallDocument } from '../modules/calls/call.schema.js';
import { foldCall } from '../modules/calls/call-fold.js';
import type { CallNews } from '../modules/calls/call-news.js';
import type { CallableAgent } from '../modules/agents/agents.service.js';
import { newCall } from '../modules/calls/new-call.js';
import type { Booking } from '../modules/usage/usage-ledger.service.js';
import type { ObjectId } from '../mongo/object-id.js';
import type { NewDocument } from '../tenancy/tenant-repository.js';

/** A call of the past, with all that would be stored of it. */
export interface DemoCall {
  readonly call: NewDocument<CallDocument>;
  readonly utterances: readonly Utterance[];
  readonly history: readonly { readonly happening: KnownHappening; readonly occurredAt: Date }[];
  readonly bookings: readonly Booking[];
}

interface Story {
  readonly daysAgo: number;
  readonly customer: string;
  /** How it ended, in the provider's words. */
  readonly end: 'hangup' | 'agent_hangup' | 'unjoined' | 'connection_error';
  readonly lines: readonly string[];
}

const STORIES: readonly Story[] = [
  {
    daysAgo: 5,
    customer: 'Grace',
    end: 'hangup',
    lines: [
      'Good morning, this is Acme. Is Tuesday still fine, Grace?',
      'Yes, Tuesday is perfect.',
      'Wonderful, see you then!',
    ],
  },
  { daysAgo: 4, customer: 'Linus', end: 'unjoined', lines: [] },
  {
    daysAgo: 3,
    customer: 'Margaret',
    end: 'agent_hangup',
    lines: [
      'Hello Margaret, your appointment is on Friday.',
      'Could we move it to Monday?',
      'Of course, Monday at ten it is.',
      'Thank you!',
      'You are welcome. Goodbye!',
    ],
  },
  { daysAgo: 2, customer: 'Dennis', end: 'connection_error', lines: ['Hello Dennis, this is Acme.'] },
  {
    daysAgo: 1,
    customer: 'Barbara',
    end: 'hangup',
    lines: [
      'Hello Barbara, shall I confirm Thursday?',
      'Yes please, and bring the invoice along.',
      'I will note that. Have a lovely day!',
    ],
  },
  {
    daysAgo: 1,
    customer: 'Ken',
    end: 'hangup',
    lines: ['Hello Ken, your parcel can be collected tomorrow.', 'Great, I will come at noon.'],
  },
];

const SECONDS_PER_LINE = 4;

/** The demo tenant's calls of the last days, made by its people in turn. */
export function demoCalls(agent: CallableAgent, creators: readonly ObjectId[], now: Date): DemoCall[] {
  return STORIES.map((story, index) =>
    demoCall(story, agent, creators[index % creators.length] ?? null, now),
  );
}

function demoCall(story: Story, agent: CallableAgent, userId: ObjectId | null, now: Date): DemoCall {
  const createdAt = new Date(now.getTime() - story.daysAgo * 86_400_000 + story.customer.length * 600_000);
  const after = (seconds: number) => new Date(createdAt.getTime() + seconds * 1000);
  const draft = newCall(
    {
      medium: 'WEB',
      variables: { company: 'Acme', customer_name: story.customer, date: 'Tuesday' },
      metadata: { customer: story.customer },
      recordingEnabled: false,
    },
    agent,
    { userId, keyId: null, owner: '' },
    { baseUrl: 'http://demo.invalid', isOwnKey: false, isSimulated: true },
    createdAt,
  );
  const wasJoined = story.end !== 'unjoined';
  const joinedAt = wasJoined ? after(3) : null;
  const length = story.lines.length * SECONDS_PER_LINE + 2;
  const snapshot = {
    providerCallId: `demo-${draft._id.toHexString()}`,
    joinUrl: null,
    createdAt: after(1),
    joinedAt,
    endedAt: null,
    endReason: null,
    billedSeconds: null,
    isBillingFinal: false,
    isRefunded: false,
    summary: null,
    shortSummary: null,
    metadata: {},
  };
  const utterances = story.lines.map((text, ordinal): Utterance => ({
    ordinal,
    speaker: ordinal % 2 === 0 ? 'AGENT' : 'USER',
    text,
    medium: 'VOICE',
    startSeconds: ordinal * SECONDS_PER_LINE + 0.5,
    endSeconds: (ordinal + 1) * SECONDS_PER_LINE,
  }));
  const ended = {
    ...snapshot,
    endedAt: after(3 + length),
    endReason: story.end,
    billedSeconds: wasJoined ? Math.ceil(length / 6) * 6 : 0,
    isBillingFinal: true,
    summary: wasJoined ? `The agent spoke with ${story.customer} about an appointment.` : null,
    shortSummary: wasJoined ? `Appointment of ${story.customer}` : null,
  };
  const news: [CallNews, Date][] = [
    [{ kind: 'provider', call: { ...snapshot, joinedAt: null } }, after(1)],
    [{ kind: 'provider', call: snapshot }, after(3)],
    ...utterances.map((utterance): [CallNews, Date] => [
      { kind: 'utterance', utterance },
      after(3 + (utterance.endSeconds ?? 0)),
    ]),
    [{ kind: 'provider', call: ended }, after(3 + length)],
    [{ kind: 'transcriptSettled', utterances }, after(4 + length)],
  ];
  return replay(draft, createdAt, utterances, news);
}

/** Folds the news as they would have come in, so that demo calls are no different from any others. */
function replay(
  draft: NewDocument<CallDocument>,
  createdAt: Date,
  utterances: readonly Utterance[],
  news: readonly [CallNews, Date][],
): DemoCall {
  const history: { happening: KnownHappening; occurredAt: Date }[] = [
    {
      happening: { type: 'statusChanged', status: 'QUEUED', previousStatus: null, endReason: null },
      occurredAt: createdAt,
    },
  ];
  const booked: Booking[] = [];
  let call = draft as CallDocument;
  for (const [piece, occurredAt] of news) {
    const { patch, happenings, bookings } = foldCall(call, piece);
    call = { ...call, ...patch };
    for (const happening of happenings) history.push({ happening, occurredAt });
    booked.push(...bookings);
  }
  return {
    call: { ...call, sequence: history.length, lastEventAt: history.at(-1)?.occurredAt ?? createdAt },
    utterances,
    history,
    bookings: booked,
  };
}
