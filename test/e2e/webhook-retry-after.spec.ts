import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Client, Loose } from '../kit/client.js';
import { produceEvents } from '../kit/events.js';
import { type Received, Receiver, status, WEBHOOK_EVENTS } from '../kit/receiver.js';
import { seedTenant, type SeededTenant } from '../kit/seed.js';
import { startTestServer, type TestServer } from '../kit/server.js';

const CREATE = 'mutation ($input: CreateWebhookInput!) { createWebhook(input: $input) { webhook { id } } }';
const DELIVERIES = `query ($id: ID!) {
  node(id: $id) { ... on Webhook { deliveries { nodes { id status attempts } } } }
}`;
const REDELIVER = 'mutation ($id: ID!) { redeliverWebhook(deliveryId: $id) { id } }';

describe('Receivers of webhooks', () => {
  let server: TestServer;
  let tenant: SeededTenant;
  let client: Client;
  let receiver: Receiver;

  beforeAll(async () => {
    server = await startTestServer({ env: { WEBHOOK_ALLOWED_ADDRESSES: '127.0.0.1' } });
  });
  afterAll(() => server.stop());

  beforeEach(async () => {
    tenant = await seedTenant(server);
    ({ client } = tenant.admin);
    receiver = await Receiver.start();
  });
  afterEach(() => receiver.stop());

  const create = async (): Promise<{ id: string }> => {
    const input = { url: receiver.url, events: WEBHOOK_EVENTS };
    return { id: (await client.data(CREATE, { input })).createWebhook.webhook.id };
  };

  /** Looks at a webhook until it is as it should be. */
  async function untilSeen(id: string, isSo: (webhook: Loose) => boolean): Promise<Loose> {
    const deadline = Date.now() + 45_000;
    for (;;) {
      const webhook = (await client.data(DELIVERIES, { id })).node;
      if (isSo(webhook)) return webhook;
      if (Date.now() > deadline) throw new Error(`It is still ${JSON.stringify(webhook)}`);
      await new Promise(resolve => setTimeout(resolve, 100));
    }
  }
  const settled = (id: string, count: number) =>
    untilSeen(id, ({ deliveries }) => {
      const statuses = deliveries.nodes.map((node: Loose) => node.status);
      return statuses.length >= count && !statuses.includes('PENDING');
    });

  it.each<[number, string, () => string, number, number]>([
    [429, 'seconds', () => '30', 29, 45],
    [503, 'an HTTP date', () => new Date(Date.now() + 40_000).toUTCString(), 37, 60],
    [429, 'more than is waited for', () => '9'.repeat(40), 86_000, 90_000],
    [503, 'a date far away', () => 'Fri, 31 Dec 9999 23:59:59 GMT', 86_000, 90_000],
    [429, 'a time that has passed', () => 'Sun, 06 Nov 1994 08:49:37 GMT', 0, 6],
    [503, 'no time', () => 'soon', 0, 6],
    [500, 'seconds, with a fault of another kind', () => '30', 0, 6],
  ])(
    'that answer %d with Retry-After in %s are left alone for so long',
    async (code, _form, after, least, most) => {
      receiver.answering = status(code, { 'retry-after': after() });
      const { id } = await create();
      await produceEvents(server, tenant, { count: 1 });
      const isTried = ({ deliveries }: Loose) => deliveries.nodes[0]?.attempts === 1;
      await untilSeen(id, isTried);
      const [delivery] = await server.db
        .collection('webhookDeliveries')
        .find()
        .sort({ _id: -1 })
        .limit(1)
        .toArray();
      const seconds = ((delivery?.['nextAttemptAt'] as Date).getTime() - Date.now()) / 1000;
      expect(seconds).toBeGreaterThan(least - 1);
      expect(seconds).toBeLessThan(most);
      await client.data('mutation ($id: ID!) { deleteWebhook(id: $id) }', { id });
    },
  );

  it('that have asked to be left alone are, by other calls too, until it is over or their owner asks', async () => {
    receiver.answering = (_received, response) => {
      response.writeHead(receiver.received.length === 1 ? 429 : 200, { 'retry-after': '8' }).end();
    };
    const { id } = await create();
    await produceEvents(server, tenant, { count: 1 });
    await receiver.until(received => received.length === 1);
    await produceEvents(server, tenant, { count: 2 });
    await settled(id, 3);
    const [first, ...others] = receiver.received as [Received, ...Received[]];
    expect(others.length).toBe(3);
    expect(Math.min(...others.map(({ at }) => at)) - first.at).toBeGreaterThan(7900);

    receiver.received.length = 0;
    receiver.answering = status(429, { 'retry-after': '3600' });
    await produceEvents(server, tenant, { count: 1 });
    const isPending = (node: Loose) => node.status === 'PENDING' && node.attempts === 1;
    const { deliveries } = await untilSeen(id, webhook => webhook.deliveries.nodes.some(isPending));
    receiver.answering = status(200);
    await client.data(REDELIVER, { id: deliveries.nodes.find(isPending).id });
    await settled(id, 4);
  });
});
