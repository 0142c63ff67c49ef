import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Webhook } from 'standardwebhooks';
import { fromPublicId } from '../../src/ids/public-id.js';
import type { Client, Loose } from '../kit/client.js';
import { produceEvents, upTo } from '../kit/events.js';
import { Receiver, type Received, status, WEBHOOK_EVENTS } from '../kit/receiver.js';
import { callWithStatus, seedTenant, type SeededTenant, startCall } from '../kit/seed.js';
import { startTestServer, type TestServer } from '../kit/server.js';

const CREATE = `mutation ($input: CreateWebhookInput!) {
  createWebhook(input: $input) { secret webhook { id url events isEnabled createdAt } }
}`;
const ENABLE = `mutation ($id: ID!, $isEnabled: Boolean!) {
  setWebhookEnabled(id: $id, isEnabled: $isEnabled) { id isEnabled }
}`;
const DELIVERIES = `query ($id: ID!) {
  node(id: $id) { ... on Webhook {
    isEnabled
    deliveries(first: 100) { totalCount nodes { id eventId status attempts nextAttemptAt responseStatus lastError createdAt } }
  } }
}`;
const REDELIVER = 'mutation ($id: ID!) { redeliverWebhook(deliveryId: $id) { id status attempts } }';
const REPLAY =
  'mutation ($id: ID!, $from: DateTime!, $to: DateTime!) { replayWebhook(id: $id, from: $from, to: $to) }';
const DAY_MS = 86_400_000;

const callsOf = (received: readonly Received[]): Record<string, number[]> => {
  const calls = new Map<string, number[]>();
  for (const { json } of received) {
    const { callId, sequence } = json.data as { callId: string; sequence: number };
    calls.set(callId, [...(calls.get(callId) ?? []), sequence]);
  }
  return Object.fromEntries(calls);
};
const verified = (secret: string, { body, headers }: Received) => new Webhook(secret).verify(body, headers);

describe("Tenants' webhooks", () => {
  let server: TestServer;
  let tenant: SeededTenant;
  let client: Client;
  let receiver: Receiver;

  beforeAll(async () => {
    server = await startTestServer({
      env: { WEBHOOK_ALLOWED_ADDRESSES: '127.0.0.1', REQUESTS_PER_MINUTE: '100000' },
    });
  });
  afterAll(() => server.stop());

  beforeEach(async () => {
    tenant = await seedTenant(server);
    ({ client } = tenant.admin);
    receiver = await Receiver.start();
  });
  afterEach(() => receiver.stop());

  const create = async (
    events = WEBHOOK_EVENTS,
    url = receiver.url,
  ): Promise<{ id: string; secret: string }> => {
    const { createWebhook } = await client.data(CREATE, { input: { url, events } });
    return { id: createWebhook.webhook.id, secret: createWebhook.secret };
  };
  const look = async (id: string): Promise<Loose> => (await client.data(DELIVERIES, { id })).node;

  /** Looks at a webhook until it is as it should be. */
  async function untilSeen(id: string, isSo: (webhook: Loose) => boolean): Promise<Loose> {
    const deadline = Date.now() + 30_000;
    for (;;) {
      const webhook = await look(id);
      if (isSo(webhook)) return webhook;
      if (Date.now() > deadline) throw new Error(`It is still ${JSON.stringify(webhook)}`);
      await new Promise(resolve => setTimeout(resolve, 50));
    }
  }
  const settled = (id: string, count: number) =>
    untilSeen(id, ({ deliveries }) => {
      const statuses = deliveries.nodes.map((node: Loose) => node.status);
      return statuses.length >= count && !statuses.includes('PENDING');
    });
  const collection = (name: string) => server.db.collection(name);
  const audited = async (action: string): Promise<Loose[]> => {
    const filter = `filter: { actions: ["${action}"] }`;
    return (await client.data(`{ auditEvents(${filter}) { nodes { details actorLabel } } }`)).auditEvents
      .nodes;
  };

  it('are told of everything that happens to a call, signed, once and in order', async () => {
    const { id, secret } = await create();
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    const call = await startCall(client);
    await receiver.until(received => {
      const types = received.map(({ json }) => json.type as string);
      return ['call.transcript_settled', 'call.recording_ready', 'call.summary_ready'].every(type =>
        types.includes(type),
      );
    });
    await client.data('mutation ($id: ID!) { deleteCall(id: $id) }', { id: call.id });
    await receiver.until(received => received.at(-1)?.json.type === 'call.deleted');

    const sequences = callsOf(receiver.received)[call.id] ?? [];
    expect(sequences).toEqual(upTo(sequences.length));
    for (const received of receiver.received) {
      expect(() => verified(secret, received)).not.toThrow();
      expect(received.headers['webhook-id']).toBe(received.json.data.id);
      expect(received.headers['content-type']).toBe('application/json');
      expect(received.body).not.toContain('joinUrl');
    }
    expect(receiver.received[0]?.json).toEqual({
      type: 'call.status_changed',
      timestamp: expect.stringMatching(/^\d{4}-.*Z$/),
      data: {
        id: expect.stringMatching(/^event_[0-9a-f]{24}$/),
        callId: call.id,
        sequence: 1,
        cursor: expect.any(String),
        occurredAt: expect.stringMatching(/^\d{4}-.*Z$/),
        status: 'QUEUED',
        previousStatus: null,
        endReason: null,
      },
    });
    const { deliveries } = await settled(id, sequences.length);
    expect(deliveries.totalCount).toBe(sequences.length);
    for (const delivery of deliveries.nodes)
      expect(delivery).toMatchObject({
        status: 'DELIVERED',
        attempts: 1,
        nextAttemptAt: null,
        responseStatus: 204,
        lastError: null,
      });
  });

  it('are sent cursors from which a subscription goes on', async () => {
    await create(['CALL_STATUS_CHANGED']);
    const { id } = await startCall(client);
    await callWithStatus(client, id as string, 'COMPLETED');
    await receiver.until(received => received.length >= 2);
    const stream = client.subscribe(
      'subscription ($after: String) { callEvents(after: $after) { sequence } }',
      { after: receiver.received[0]?.json.data.cursor },
    );
    expect((await stream.value(() => true)).callEvents.sequence).toBe(2);
    stream.stop();
  });

  it('hear only what they want, and nothing of what was before', async () => {
    await produceEvents(server, tenant, { count: 3 });
    const { id } = await create(['CALL_DELETED', 'CALL_DELETED']);
    await produceEvents(server, tenant, { count: 3 });
    const call = await startCall(client);
    await callWithStatus(client, call.id as string, 'COMPLETED');
    await client.data('mutation ($id: ID!) { deleteCall(id: $id) }', { id: call.id });
    await receiver.until(received => received.length > 0);
    expect((await settled(id, 1)).deliveries.totalCount).toBe(1);
    expect(receiver.received.map(({ json }) => json.type)).toEqual(['call.deleted']);
  });

  it('hold back what follows a failed event of the same call, while other calls go on', async () => {
    let failing = '';
    receiver.answering = ({ json }, response) => {
      response.writeHead(json.data.callId === failing ? 500 : 200).end('secret of the receiver');
    };
    const { id } = await create();
    failing = await produceEvents(server, tenant, { count: 1 });
    await untilSeen(id, ({ deliveries }) => deliveries.nodes[0]?.attempts >= 1);
    const callId = fromPublicId('call', failing);
    if (!callId) throw new Error('Not a call');
    await produceEvents(server, tenant, { count: 2, from: 2, callId });
    const other = await produceEvents(server, tenant, { count: 4 });
    await receiver.until(received => callsOf(received)[other]?.length === 4);
    expect(callsOf(receiver.received)[other]).toEqual([1, 2, 3, 4]);
    expect(new Set(callsOf(receiver.received)[failing])).toEqual(new Set([1]));

    const { deliveries } = await look(id);
    const first = deliveries.nodes.find((node: Loose) => node.attempts > 0 && node.status === 'PENDING');
    expect(first).toMatchObject({ responseStatus: 500, lastError: 'The receiver answered 500.' });
    expect(JSON.stringify(deliveries)).not.toContain('secret of the receiver');
    expect(first.nextAttemptAt).not.toBeNull();

    receiver.answering = status(200);
    await client.data(REDELIVER, { id: first.id });
    await receiver.until(received => callsOf(received)[failing]?.at(-1) === 3);
    const heard = callsOf(receiver.received)[failing] ?? [];
    expect(heard.slice(heard.lastIndexOf(1))).toEqual([1, 2, 3]);
    await settled(id, 7);
  });

  it('are tried again by themselves, with the same id and body and a signature of the moment', async () => {
    receiver.answering = (_received, response) => {
      response.writeHead(receiver.received.length === 1 ? 503 : 200).end();
    };
    const { id, secret } = await create();
    await produceEvents(server, tenant, { count: 1 });
    await receiver.until(received => received.length === 2);
    const [first, second] = receiver.received as [Received, Received];
    expect(second.body).toBe(first.body);
    expect(second.headers['webhook-id']).toBe(first.headers['webhook-id']);
    expect(verified(secret, second)).toEqual(second.json);
    const gap = second.at - first.at;
    expect(gap).toBeGreaterThan(4400);
    const { deliveries } = await settled(id, 1);
    expect(deliveries.nodes).toMatchObject([{ status: 'DELIVERED', attempts: 2, responseStatus: 200 }]);
  });

  it('that hang hold up no other call, webhook or tenant', async () => {
    const stuck: string[] = [];
    receiver.answering = ({ json }, response) => {
      if (!stuck.includes(json.data.callId as string)) response.writeHead(200).end();
    };
    const { id } = await create();
    stuck.push(await produceEvents(server, tenant, { count: 1 }));
    await receiver.until(received => received.length >= 1);
    const other = await seedTenant(server);
    const theirs = await Receiver.start();
    await other.admin.client.data(CREATE, { input: { url: theirs.url, events: WEBHOOK_EVENTS } });
    await produceEvents(server, other, { count: 2 });
    const own = await produceEvents(server, tenant, { count: 2 });
    await theirs.until(received => received.length === 2);
    await receiver.until(received => callsOf(received)[own]?.length === 2);
    // All of it while the first request still waits for its answer.
    expect(receiver.pending).toBeGreaterThan(0);
    await client.data('mutation ($id: ID!) { deleteWebhook(id: $id) }', { id });
    await theirs.stop();
  });

  it('are disabled by 410 with an audit event, and go on where they stopped once they are enabled', async () => {
    receiver.answering = status(410);
    const { id } = await create();
    const call = await produceEvents(server, tenant, { count: 3 });
    const { deliveries } = await untilSeen(id, webhook => !webhook.isEnabled);
    expect(deliveries.nodes.map((node: Loose) => node.status).sort()).toEqual([
      'FAILED',
      'PENDING',
      'PENDING',
    ]);
    expect(await audited('webhook.disabled')).toMatchObject([
      { details: { webhookId: id, reason: 'the receiver answered 410' } },
    ]);
    const failed = deliveries.nodes.find((node: Loose) => node.status === 'FAILED');
    expect((await client.refusal(REDELIVER, { id: failed.id })).extensions.code).toBe('CONFLICT');
    const missed = await produceEvents(server, tenant, { count: 2 });

    receiver.answering = status(200);
    await client.data(ENABLE, { id, isEnabled: true });
    await settled(id, 3);
    expect(callsOf(receiver.received)[call]).toEqual([1, 2, 3]);
    // What came while it was disabled is sent when it is asked for, with all the rest.
    const [from, to] = [new Date(Date.now() - DAY_MS), new Date(Date.now() + DAY_MS)];
    expect((await client.data(REPLAY, { id, from, to })).replayWebhook).toBe(5);
    await settled(id, 5);
    expect(callsOf(receiver.received)[missed]).toEqual([1, 2]);
    expect(callsOf(receiver.received)[call]).toEqual([1, 2, 3, 1, 2, 3]);
    expect(await audited('webhook.replayed')).toMatchObject([{ details: { webhookId: id, count: 5 } }]);
  });

  it('give up after three days, and are disabled if nothing was taken meanwhile', async () => {
    receiver.answering = status(500);
    const { id } = await create();
    const call = await produceEvents(server, tenant, { count: 2 });
    await untilSeen(id, ({ deliveries }) => deliveries.nodes.some((node: Loose) => node.attempts === 1));
    const ago = new Date(Date.now() - 3 * DAY_MS);
    const webhookId = fromPublicId('webhook', id) as Loose;
    await collection('webhooks').updateOne({ _id: webhookId }, { $set: { failingSince: ago } });
    await collection('webhookDeliveries').updateOne(
      { webhookId, attempts: 1 },
      { $set: { triedSince: ago, tries: 12 } },
    );
    const { deliveries } = await look(id);
    const last = deliveries.nodes.find((node: Loose) => node.attempts === 1);
    await collection('webhookDeliveries').updateOne(
      { _id: fromPublicId('delivery', last.id as string) as Loose },
      { $set: { nextAttemptAt: new Date() } },
    );
    await collection('jobs').updateOne(
      { _id: webhookId },
      { $set: { dueAt: new Date() }, $inc: { wakes: 1 } },
    );
    const disabled = await untilSeen(id, webhook => !webhook.isEnabled);
    expect(disabled.deliveries.nodes.find((node: Loose) => node.id === last.id)).toMatchObject({
      status: 'FAILED',
      nextAttemptAt: null,
      responseStatus: 500,
    });
    expect(callsOf(receiver.received)[call]?.includes(2)).toBe(false);
    expect(await audited('webhook.disabled')).toMatchObject([
      { details: { webhookId: id, reason: 'nothing was taken for three days' } },
    ]);
  });

  it('have secrets that are shown once, sealed in the store, and still sign for a day once replaced', async () => {
    const { id, secret: first } = await create();
    const rotate = 'mutation ($id: ID!) { rotateWebhookSecret(id: $id) { secret webhook { id } } }';
    const { secret: second } = (await client.data(rotate, { id })).rotateWebhookSecret;
    const stored = JSON.stringify(await collection('webhooks').find({}).toArray());
    for (const secret of [first, second]) expect(stored).not.toContain(secret.slice(6));
    await produceEvents(server, tenant, { count: 1 });
    await receiver.until(received => received.length === 1);
    const [received] = receiver.received as [Received];
    for (const secret of [first, second]) expect(verified(secret, received)).toEqual(received.json);
    expect(received.headers['webhook-signature']?.split(' ').length).toBe(2);

    const webhookId = fromPublicId('webhook', id) as Loose;
    // Long enough ago for the server's clock too, which is the database's as it was asked last.
    await collection('webhooks').updateOne(
      { _id: webhookId },
      { $set: { 'oldSecrets.0.until': new Date(Date.now() - 60_000) } },
    );
    await produceEvents(server, tenant, { count: 1 });
    await receiver.until(({ length }) => length === 2);
    const later = receiver.received[1] as Received;
    expect(() => verified(first, later)).toThrow('No matching signature');
    expect(verified(second, later)).toEqual(later.json);
    expect((await audited('webhook.secret_rotated')).length).toBe(1);
  });

  it('send nothing that was erased, however often it is sent again', async () => {
    const { id } = await create();
    const typesOf = (callId: string) =>
      receiver.received.filter(({ json }) => json.data.callId === callId).map(({ json }) => json.type);
    let call: Loose;
    do {
      // On a busy machine a call may be over before anybody listened.
      call = await startCall(client);
      await callWithStatus(client, call.id as string, 'COMPLETED');
      await receiver.until(() => typesOf(call.id as string).includes('call.summary_ready'));
    } while (!typesOf(call.id as string).includes('call.utterance_added'));
    const before = receiver.received.find(
      ({ json }) => json.data.callId === call.id && json.type === 'call.utterance_added',
    ) as Received;
    expect(before.json.data.utterance.text).not.toBe('');
    await client.data('mutation ($id: ID!) { deleteCall(id: $id) }', { id: call.id });
    await receiver.until(received => received.at(-1)?.json.type === 'call.deleted');
    const { deliveries } = await settled(id, 5);
    const again = deliveries.nodes.find((node: Loose) => node.eventId === before.json.data.id);
    const count = receiver.received.length;
    await client.data(REDELIVER, { id: again.id });
    await receiver.until(({ length }) => length > count);
    expect(receiver.received[count]?.json.data).toMatchObject({
      id: before.json.data.id,
      utterance: { text: '' },
    });
  });

  it('take their deliveries along when they are deleted, and lose those of events that retention removes', async () => {
    const { id } = await create();
    const kept = await create(['CALL_UTTERANCE_ADDED']);
    await produceEvents(server, tenant, { count: 3 });
    await settled(id, 3);
    const ofWebhook = { webhookId: fromPublicId('webhook', id) as Loose };
    await client.data('mutation ($id: ID!) { deleteWebhook(id: $id) }', { id });
    expect((await client.data('{ webhooks { id } }')).webhooks).toEqual([{ id: kept.id }]);
    const gone = async (filter: Loose) => {
      const deadline = Date.now() + 10_000;
      while ((await collection('webhookDeliveries').countDocuments(filter)) > 0) {
        if (Date.now() > deadline) throw new Error('The deliveries are still there');
        await new Promise(resolve => setTimeout(resolve, 50));
      }
    };
    await gone(ofWebhook);
    await settled(kept.id, 3);
    await client.data('mutation { updateTenant(input: { retentionDays: 1 }) { id } }');
    await gone({ webhookId: fromPublicId('webhook', kept.id) });
  });

  it('refuse replays of too much, and of nothing', async () => {
    const { id } = await create();
    const at = (days: number) => new Date(Date.UTC(2026, 0, 1) + days * DAY_MS);
    for (const [from, to] of [
      [at(1), at(1)],
      [at(2), at(1)],
      [at(0), at(32)],
    ])
      expect((await client.refusal(REPLAY, { id, from, to })).extensions.code).toBe('BAD_USER_INPUT');
    expect((await client.data(REPLAY, { id, from: at(0), to: at(31) })).replayWebhook).toBe(0);
  });

  it('are at most twenty', async () => {
    for (let index = 0; index < 20; index += 1) await create(['CALL_DELETED']);
    const refusal = await client.refusal(CREATE, { input: { url: receiver.url, events: ['CALL_DELETED'] } });
    expect(refusal.extensions.code).toBe('CONFLICT');
  });
});
