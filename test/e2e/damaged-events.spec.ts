import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { fromPublicId } from '../../src/ids/public-id.js';
import { newObjectId, type ObjectId } from '../../src/mongo/object-id.js';
import { Metrics } from '../../src/telemetry/metrics.js';
import type { Client, Loose } from '../kit/client.js';
import { EventStreamReader } from '../kit/event-stream-reader.js';
import { produceEvents, tenantIdOf, upTo } from '../kit/events.js';
import { operate } from '../kit/operate.js';
import { Receiver, WEBHOOK_EVENTS } from '../kit/receiver.js';
import { seedTenant, type SeededTenant, startCall } from '../kit/seed.js';
import { startTestServer, type TestServer } from '../kit/server.js';
import { until } from '../kit/until.js';

const FIELDS = `__typename id callId sequence cursor occurredAt
  ... on CallUtteranceAdded { utterance { text speaker } } ... on CallSummaryReady { summary shortSummary }
  ... on CallStatusChanged { status endReason } ... on CallUnknownEvent { type }`;
const FEED = `subscription ($after: String) { callEvents(after: $after) { ${FIELDS} } }`;
const LIST = `query ($id: ID!) { call(id: $id) { summary metadata
  transcript(first: 100) { nodes { ordinal speaker text } } events(first: 100) { nodes { ${FIELDS} } } } }`;
const AUDIT = `cursor action actorLabel details ip userAgent occurredAt`;

const flipped = (sealed: string, index: number): string => {
  const at = index < 0 ? sealed.length + index : index;
  return `${sealed.slice(0, at)}${sealed[at] === 'A' ? 'B' : 'A'}${sealed.slice(at + 1)}`;
};

/** How a stored event is damaged, and what is told of it then. */
interface Damage {
  readonly of: 'utteranceAdded' | 'summaryReady' | 'statusChanged';
  readonly set: (event: Loose) => Loose;
  readonly told: object;
}

const noText = { __typename: 'CallUtteranceAdded', utterance: { text: '', speaker: expect.any(String) } };
const noSummary = { __typename: 'CallSummaryReady', summary: '', shortSummary: null };
const utterance = (set: Damage['set'], told: object = noText): Damage => ({
  of: 'utteranceAdded',
  set,
  told,
});

const DAMAGES: Readonly<Record<string, Damage>> = {
  'a flipped bit in its ciphertext': utterance(({ sealedWords }) => ({
    sealedWords: flipped(sealedWords as string, -4),
  })),
  'a flipped bit in its nonce': utterance(({ sealedWords }) => ({
    sealedWords: flipped(sealedWords as string, 30),
  })),
  'words that are cut off': utterance(({ sealedWords }) => ({
    sealedWords: (sealedWords as string).slice(0, 40),
  })),
  'words of another format': utterance(() => ({ sealedWords: 'p9.0.!' })),
  'words that are a number': utterance(() => ({ sealedWords: 7 })),
  'a data key that is missing': utterance(({ sealedWords }) => ({
    sealedWords: (sealedWords as string).replace(/\.[0-9a-f]{24}\./, `.${newObjectId().toHexString()}.`),
  })),
  'a text that is an object': utterance(() => ({
    sealedWords: null,
    'happening.utterance.text': { $ne: 1 },
  })),
  'a summary that cannot be opened': {
    of: 'summaryReady',
    set: ({ sealedWords }) => ({ sealedWords: flipped(sealedWords as string, -9) }),
    told: noSummary,
  },
  'a summary that is a list': {
    of: 'summaryReady',
    set: () => ({ sealedWords: null, 'happening.summary': ['a'] }),
    told: noSummary,
  },
  'no utterance': utterance(() => ({ 'happening.utterance': null }), {
    __typename: 'CallUnknownEvent',
    type: 'utteranceAdded',
  }),
  'nothing that says what happened': utterance(() => ({ happening: 'spoken' }), {
    __typename: 'CallUnknownEvent',
    type: '',
  }),
  'a time that is a text': utterance(() => ({ occurredAt: 'yesterday' }), {
    __typename: 'CallUtteranceAdded',
  }),
  'a kind that a newer server has stored': utterance(
    () => ({ happening: { type: 'sentimentScored', score: 0.5 }, sealedWords: null }),
    { __typename: 'CallUnknownEvent', type: 'sentimentScored' },
  ),
  'a kind named as a property of every object': utterance(
    () => ({ happening: { type: 'constructor' }, sealedWords: null }),
    { __typename: 'CallUnknownEvent', type: 'constructor' },
  ),
  'a status that a newer server has stored': {
    of: 'statusChanged',
    set: () => ({ 'happening.status': 'TRANSFERRED' }),
    told: { __typename: 'CallUnknownEvent', type: 'statusChanged' },
  },
  'a reason that a newer server has stored': {
    of: 'statusChanged',
    set: () => ({ 'happening.endReason': 'VOICEMAIL' }),
    told: { __typename: 'CallStatusChanged', endReason: 'OTHER' },
  },
};

describe('A call with a stored event that cannot be read', () => {
  let server: TestServer;
  let tenant: SeededTenant;
  let client: Client;
  let receiver: Receiver;
  let callId: string;
  let webhookId: string;
  let events: Loose[];
  const startedAt = new Date(Date.now() - 60_000);

  const collection = (name: string) => server.db.collection<Loose>(name);
  const alarms = async (what: string) => {
    const { values } = await server.app.get(Metrics).unreadableData.get();
    return values.find(({ labels }) => labels.what === what)?.value ?? 0;
  };

  beforeAll(async () => {
    server = await startTestServer({ env: { WEBHOOK_ALLOWED_ADDRESSES: '127.0.0.1' } });
    tenant = await seedTenant(server);
    ({ client } = tenant.admin);
    receiver = await Receiver.start();
    ({ id: callId } = (await startCall(client)) as { id: string });
    const kinds = async () =>
      (await client.data(LIST, { id: callId })).call.events.nodes.map((node: Loose) => node.__typename);
    await until(
      async () =>
        ['CallTranscriptSettled', 'CallSummaryReady', 'CallRecordingReady'].every(kind =>
          kindsNow.includes(kind),
        ) || ((kindsNow = await kinds()), false),
      'the end of the call',
    );
    // What is said while a call runs depends on who listens: these are there in any case, with the words of its maker.
    await produceEvents(server, tenant, {
      count: 3,
      from: kindsNow.length + 1,
      callId: fromPublicId('call', callId) as ObjectId,
      ownerId: fromPublicId('user', tenant.admin.id),
    });
    events = await collection('callEvents')
      .find({ callId: fromPublicId('call', callId) })
      .sort({ position: 1 })
      .toArray();
    const { createWebhook } = await client.data(
      'mutation ($input: CreateWebhookInput!) { createWebhook(input: $input) { webhook { id } } }',
      { input: { url: receiver.url, events: WEBHOOK_EVENTS } },
    );
    webhookId = createWebhook.webhook.id as string;
  });
  let kindsNow: string[] = [];
  afterAll(async () => {
    await receiver.stop();
    await server.stop();
  });

  /** Does `work` while one event is damaged. */
  async function damaged({ of, set }: Damage, work: (event: Loose) => Promise<void>): Promise<void> {
    const event: Loose = events.findLast(({ happening }) => happening.type === of);
    await collection('callEvents').updateOne({ _id: event._id }, { $set: set(event) });
    try {
      await work(event);
    } finally {
      await collection('callEvents').replaceOne({ _id: event._id }, event);
    }
  }

  it.each(Object.entries(DAMAGES))(
    'with %s is heard, listed, sent and exported whole, without its words',
    async (_name, damage) => {
      await damaged(damage, async ({ sequence }) => {
        const isOne = expect.objectContaining({ ...damage.told, sequence });
        const count = events.length;
        // Live, over both doors.
        const socket = client.subscribe(FEED, { after: '' });
        const reader = new EventStreamReader(
          server.url,
          { query: FEED, variables: { after: '' } },
          { accessToken: tenant.admin.accessToken },
        );
        for (const stream of [socket, reader.stream]) {
          await stream.until(
            ({ values, errors }) => values.length >= count || errors.length > 0,
            'all events',
          );
          expect(stream.errors).toEqual([]);
          const heard = stream.values.map(value => value.callEvents);
          expect(heard.map(event => event.sequence)).toEqual(upTo(count));
          expect(heard[Number(sequence) - 1]).toEqual(isOne);
        }
        socket.stop();
        reader.cut();
        // In the list of the call.
        const { nodes } = (await client.data(LIST, { id: callId })).call.events;
        expect(nodes.map((node: Loose) => node.sequence)).toEqual(upTo(count));
        expect(nodes[Number(sequence) - 1]).toEqual(isOne);
        // By webhook: what is queued is sent, and what comes behind it too.
        receiver.received.length = 0;
        const REPLAY =
          'mutation ($id: ID!, $from: DateTime!, $to: DateTime!) { replayWebhook(id: $id, from: $from, to: $to) }';
        const { replayWebhook } = await client.data(REPLAY, {
          id: webhookId,
          from: startedAt.toISOString(),
          to: new Date(Date.now() + 60_000).toISOString(),
        });
        await receiver.until(received => received.length >= (replayWebhook as number));
        const sent = receiver.received.map(({ json }) => json.data.sequence as number);
        // An event without a readable time is in no span of time.
        const isTimeless = _name.includes('time');
        expect(sent).toEqual(upTo(count).filter(one => !isTimeless || one !== sequence));
        const { isEnabled, deliveries } = (
          await client.data(
            'query ($id: ID!) { node(id: $id) { ... on Webhook { isEnabled deliveries(first: 100) { nodes { status } } } } }',
            { id: webhookId },
          )
        ).node;
        expect([isEnabled, deliveries.nodes.some(({ status }: Loose) => status === 'FAILED')]).toEqual([
          true,
          false,
        ]);
        // In an export.
        const { exportTenantData } = await client.data('mutation { exportTenantData { downloadUrl } }');
        const archive = await fetch(exportTenantData.downloadUrl as string);
        const lines = gunzipSync(Buffer.from(await archive.arrayBuffer()))
          .toString()
          .trimEnd()
          .split('\n');
        expect(JSON.parse(lines.at(-1) ?? '')).toEqual({ type: 'end', rows: lines.length - 2 });
      });
    },
  );

  it('raises an alarm once for each event that is damaged, and none for one of an unknown kind', async () => {
    // All damages of one event count as one; the statuses of a newer server are told of too.
    expect(await alarms('call event')).toBe(3);
    const unknown = DAMAGES['a kind that a newer server has stored'] as Damage;
    const before = await alarms('call event');
    await damaged({ ...unknown, of: 'statusChanged' }, async () => {
      await client.data(LIST, { id: callId });
    });
    expect(await alarms('call event')).toBe(before);
  });

  it('goes on live while events come behind it, and keeps the dashboard going', async () => {
    const dashboard = client.subscribe(
      'subscription { dashboard { totalCalls recentCalls { events { nodes { sequence } } } } }',
    );
    await dashboard.until(({ values }) => values.length >= 1);
    await damaged(DAMAGES['a flipped bit in its ciphertext'] as Damage, async () => {
      const stream = client.subscribe(FEED, { after: '' });
      await stream.until(({ values }) => values.length >= events.length);
      const { id } = await startCall(client);
      await stream.until(
        ({ values }) => values.some(({ callEvents }) => callEvents.callId === id),
        'the next call',
      );
      await dashboard.until(({ values }) => (values.at(-1)?.dashboard.totalCalls as number) >= 2);
      expect([...stream.errors, ...dashboard.errors]).toEqual([]);
      stream.stop();
    });
    dashboard.stop();
  });

  it('is named to the operator, who is also told that all is well', async () => {
    expect(await operate(server, ['streams', 'check'])).toMatchObject({ code: 0 });
    await damaged(DAMAGES['words that are cut off'] as Damage, async ({ _id }) => {
      const { code, err } = await operate(server, ['streams', 'check']);
      expect(code).toBe(1);
      expect(err).toContain(`call event ${String(_id)}: A sealed value cannot be opened`);
    });
  });

  it('shows a damaged utterance, summary and metadata as empty, and all others as they are', async () => {
    const _id = fromPublicId('call', callId);
    const call = await collection('calls').findOne({ _id });
    const one = (await collection('utterances').find({ callId: _id }).sort({ ordinal: 1 }).toArray())[1];
    const { transcript } = (await client.data(LIST, { id: callId })).call;
    for (const set of [
      { text: 7 },
      { text: null, speaker: 'SUPERVISOR' },
      { medium: 'SIGNS', startSeconds: 'x' },
    ]) {
      await collection('utterances').updateOne({ _id: one._id }, { $set: set });
      await collection('calls').updateOne({ _id }, { $set: { summary: { a: 1 }, metadata: 'none' } });
      const read = (await client.data(LIST, { id: callId })).call;
      expect([read.summary, read.metadata]).toEqual([null, {}]);
      const expected = transcript.nodes.map((node: Loose) =>
        node.ordinal === one.ordinal
          ? {
              ...node,
              text: 'text' in set ? '' : node.text,
              speaker: 'speaker' in set ? 'TOOL' : node.speaker,
            }
          : node,
      );
      expect(read.transcript.nodes).toEqual(expected);
      await collection('utterances').replaceOne({ _id: one._id }, one);
    }
    await collection('calls').replaceOne({ _id }, call);
    // A list that does not ask for them reads neither, and takes that for no damage.
    await client.data('{ calls { nodes { id status shortSummary } } }');
    await client.data('{ calls { nodes { id metadata } } }');
    expect([await alarms('utterance'), await alarms('call')]).toEqual([1, 1]);
  });

  it('does without a webhook’s secret that cannot be opened: the tries are counted and have an end', async () => {
    const _id = fromPublicId('webhook', webhookId);
    const webhook: Loose = await collection('webhooks').findOne({ _id });
    receiver.received.length = 0;
    await collection('webhooks').updateOne(
      { _id },
      { $set: { sealedSecret: flipped(webhook.sealedSecret as string, -3) } },
    );
    const { id } = await startCall(client);
    const seen = async () =>
      (
        await client.data(
          'query ($id: ID!) { node(id: $id) { ... on Webhook { deliveries(first: 100) { nodes { status attempts lastError nextAttemptAt } } } } }',
          { id: webhookId },
        )
      ).node.deliveries.nodes as Loose[];
    await until(
      async () => (await seen()).some(({ attempts, status }) => attempts >= 1 && status === 'PENDING'),
      'a counted try',
    );
    const failed = (await seen()).find(({ attempts, lastError }) => attempts >= 1 && lastError !== null);
    expect(failed).toMatchObject({
      lastError: expect.stringContaining('rotate it'),
      nextAttemptAt: expect.any(String),
    });
    expect(await alarms('webhook secret')).toBe(1);
    expect(receiver.received).toEqual([]);
    // A new secret heals it; the old one, which cannot sign, is left out.
    await client.data('mutation ($id: ID!) { rotateWebhookSecret(id: $id) { secret } }', { id: webhookId });
    await receiver.until(received => received.some(({ json }) => json.data.callId === id));
    expect(receiver.received[0]?.headers['webhook-signature']?.split(' ')).toHaveLength(1);
  });

  it('shows audit events that cannot be opened without what was sealed in them, in the list, live and in an export', async () => {
    const rows = await collection('auditEvents')
      .find({ tenantId: tenantIdOf(tenant) })
      .sort({ _id: 1 })
      .toArray();
    const row = rows.find(({ action }) => action === 'user.signup') ?? rows[0];
    const damages: Loose[] = [
      { sealedOrigin: flipped(row.sealedOrigin as string, -5) },
      { sealedOrigin: 'nonsense' },
      { sealedOrigin: 5, sealedDetails: { a: 1 } },
      { details: null, action: 9 },
      { occurredAt: 'never' },
    ];
    for (const set of damages) {
      await collection('auditEvents').updateOne({ _id: row._id }, { $set: set });
      const { nodes } = (await client.data(`{ auditEvents(first: 100) { nodes { ${AUDIT} } } }`)).auditEvents;
      const count = await collection('auditEvents').countDocuments({ tenantId: tenantIdOf(tenant) });
      expect(nodes.length).toBe(Math.min(count, 100));
      const stream = client.subscribe(`subscription { auditEvents(after: "") { ${AUDIT} } }`);
      await stream.until(
        ({ values, errors }) => values.length >= count || errors.length > 0,
        'the whole log',
      );
      expect(stream.errors).toEqual([]);
      stream.stop();
      await collection('auditEvents').replaceOne({ _id: row._id }, row);
    }
    expect(await alarms('audit event')).toBe(1);
  });
});
