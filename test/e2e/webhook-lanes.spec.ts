import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ServerResponse } from 'node:http';
import { produceEvents } from '../kit/events.js';
import { Receiver, WEBHOOK_EVENTS } from '../kit/receiver.js';
import { seedTenant } from '../kit/seed.js';
import { startTestServer, type TestServer } from '../kit/server.js';

const CREATE = 'mutation ($input: CreateWebhookInput!) { createWebhook(input: $input) { webhook { id } } }';

describe("Tenants' webhooks", () => {
  let server: TestServer;

  beforeAll(async () => {
    server = await startTestServer({
      env: { WEBHOOK_ALLOWED_ADDRESSES: '127.0.0.1', REQUESTS_PER_MINUTE: '100000' },
    });
  });
  afterAll(() => server.stop());

  it('of nine tenants with five each that are slow hold up no other tenant', async () => {
    const slow = await Receiver.start();
    const answers: ServerResponse[] = [];
    slow.answering = (_received, response) => {
      // Some keep silent, some say that they work on it, and some have begun with their headers.
      if (answers.length % 3 === 1) response.writeProcessing();
      if (answers.length % 3 === 2) response.socket?.write('HTTP/1.1 200 OK\r\nserver: slow\r\n');
      answers.push(response);
    };
    const others = await Promise.all(Array.from({ length: 9 }, () => seedTenant(server)));
    for (const { admin } of others)
      for (let index = 0; index < 5; index += 1)
        await admin.client.data(CREATE, { input: { url: slow.url, events: WEBHOOK_EVENTS } });
    const tenant = await seedTenant(server);
    const receiver = await Receiver.start();
    await tenant.admin.client.data(CREATE, { input: { url: receiver.url, events: WEBHOOK_EVENTS } });
    await Promise.all(others.map(other => produceEvents(server, other, { count: 1 })));
    await produceEvents(server, tenant, { count: 2 });
    await receiver.until(received => received.length === 2);
    await slow.until(received => received.length === 45);
    // All of it while the first of the others still waits for its answer, which is 15 s at most.
    expect(slow.pending).toBe(45);
    const slowOnes = { url: slow.url, slowUntil: { $ne: null } };
    while ((await server.db.collection('webhooks').countDocuments(slowOnes)) < 45)
      await new Promise(resolve => setTimeout(resolve, 50));
    await server.db.collection('webhooks').updateMany({ url: slow.url }, { $set: { isEnabled: false } });
    await slow.stop();
    await receiver.stop();
  });
});
