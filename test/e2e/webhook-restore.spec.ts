import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { fromPublicId } from '../../src/ids/public-id.js';
import { type Backup, restoreBackup, takeBackup } from '../kit/backup.js';
import type { Loose } from '../kit/client.js';
import { produceEvents, upTo } from '../kit/events.js';
import { operate } from '../kit/operate.js';
import { Receiver, WEBHOOK_EVENTS } from '../kit/receiver.js';
import { seedTenant, type SeededTenant } from '../kit/seed.js';
import { startTestServer, type TestServer } from '../kit/server.js';

describe('A webhook after a backup of the database was restored', () => {
  let server: TestServer;
  let tenant: SeededTenant;
  let receiver: Receiver;
  let webhookId: string;
  let backup: Backup;
  let later: { webhooks: Loose[]; deliveries: Loose[] };

  beforeAll(async () => {
    server = await startTestServer({ env: { WEBHOOK_ALLOWED_ADDRESSES: '127.0.0.1' } });
    tenant = await seedTenant(server);
    receiver = await Receiver.start();
    const { createWebhook } = await tenant.admin.client.data(
      'mutation ($input: CreateWebhookInput!) { createWebhook(input: $input) { webhook { id } } }',
      { input: { url: receiver.url, events: WEBHOOK_EVENTS } },
    );
    webhookId = createWebhook.webhook.id as string;
    await produceEvents(server, tenant, { count: 14 });
    await receiver.until(received => received.length >= 14);
    await idle();
    backup = await takeBackup(server.db);
    await produceEvents(server, tenant, { count: 21 });
    await receiver.until(received => received.length >= 35);
    await idle();
    later = {
      webhooks: await server.db.collection<Loose>('webhooks').find().toArray(),
      deliveries: await server.db.collection<Loose>('webhookDeliveries').find().toArray(),
    };
  });
  afterAll(async () => {
    await receiver.stop();
    await server.stop();
  });

  /** Waits until no job of a webhook is in hand, so that what is stored stays as it is. */
  async function idle(): Promise<void> {
    const busy = () => server.db.collection('jobs').countDocuments({ leaseId: { $ne: null } });
    for (let quiet = 0; quiet < 5; quiet = (await busy()) === 0 ? quiet + 1 : 0)
      await new Promise(resolve => setTimeout(resolve, 100));
  }

  async function expectNext(count: number): Promise<void> {
    receiver.received.length = 0;
    const id = await produceEvents(server, tenant, { count });
    const own = () => receiver.received.filter(({ json }) => json.data.callId === id);
    await receiver.until(() => own().length >= count);
    expect(own().map(({ json }) => json.data.sequence as number)).toEqual(upTo(count));
    await idle();
    expect(own()).toHaveLength(count);
    const cursor = own().at(-1)?.json.data.cursor as string;
    expect((await tenant.admin.client.data('{ eventCursor }')).eventCursor).toBe(cursor);
  }

  it('is sent all that comes, with cursors of the new epoch, when it was restored with all else', async () => {
    await restoreBackup(server.db, backup);
    expect((await operate(server, ['database', 'restored'])).code).toBe(0);
    await expectNext(30);
  });

  it.each([
    ['its place alone', true, false],
    ['its deliveries alone', false, true],
    ['both', true, true],
  ])(
    'is sent all that comes when its backup was younger than the feed’s: %s',
    async (_name, webhook, deliveries) => {
      await idle();
      await restoreBackup(server.db, backup);
      if (webhook) {
        await server.db.collection('webhooks').deleteMany({});
        await server.db.collection<Loose>('webhooks').insertMany(later.webhooks);
      }
      if (deliveries) {
        await server.db.collection('webhookDeliveries').deleteMany({});
        await server.db.collection<Loose>('webhookDeliveries').insertMany(later.deliveries);
      }
      expect((await operate(server, ['database', 'restored'])).code).toBe(0);
      await expectNext(25);
    },
  );

  it('is sent all that comes when nobody has said that something was restored', async () => {
    await idle();
    await restoreBackup(server.db, backup);
    await server.db.collection('webhooks').deleteMany({});
    await server.db.collection<Loose>('webhooks').insertMany(later.webhooks);
    // Its place is ahead of the feed's end, which tells it.
    await expectNext(25);
  });

  it('is replayed what there is, and not what is gone', async () => {
    await idle();
    await restoreBackup(server.db, backup);
    await server.db.collection('webhooks').deleteMany({});
    await server.db.collection<Loose>('webhooks').insertMany(later.webhooks);
    await server.db.collection('webhookDeliveries').deleteMany({});
    await server.db.collection<Loose>('webhookDeliveries').insertMany(later.deliveries);
    expect((await operate(server, ['database', 'restored'])).code).toBe(0);
    receiver.received.length = 0;
    const { replayWebhook } = await tenant.admin.client.data(
      'mutation ($id: ID!, $from: DateTime!, $to: DateTime!) { replayWebhook(id: $id, from: $from, to: $to) }',
      {
        id: webhookId,
        from: new Date(Date.now() - 600_000).toISOString(),
        to: new Date(Date.now() + 60_000).toISOString(),
      },
    );
    expect(replayWebhook).toBe(14);
    await receiver.until(received => received.length >= 14);
    await idle();
    expect(receiver.received).toHaveLength(14);
    const left = await server.db
      .collection('webhookDeliveries')
      .countDocuments({ webhookId: fromPublicId('webhook', webhookId), position: { $gt: 14 } });
    expect(left).toBe(0);
  });
});
