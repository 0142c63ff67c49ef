import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { newObjectId, type ObjectId } from '../../src/mongo/object-id.js';
import { Metrics } from '../../src/telemetry/metrics.js';
import type { Loose } from '../kit/client.js';
import { FEED, heardBy, produceEvents, sequencesByCall, tenantIdOf, upTo } from '../kit/events.js';
import { seedTenant, type SeededTenant } from '../kit/seed.js';
import { startTestServer, type TestServer } from '../kit/server.js';
import { until } from '../kit/until.js';

describe('A stream whose events cannot be given their places', () => {
  let server: TestServer;

  beforeAll(async () => {
    server = await startTestServer();
  });
  afterAll(() => server.stop());

  /** Events as a process leaves them that dies before it gives them their places. */
  async function leaveBehind(tenantId: ObjectId, count: number, ageMs: number): Promise<ObjectId> {
    const callId = newObjectId();
    const createdAt = new Date(Date.now() - ageMs);
    const ids = upTo(count).map(() => newObjectId());
    const events = ids.map((_id, index) => ({
      _id,
      tenantId,
      callId,
      ownerId: null,
      sequence: index + 1,
      position: null,
      occurredAt: createdAt,
      happening: { type: 'recordingReady' },
      sealedWords: null,
    }));
    const session = server.db.client.startSession();
    await session.withTransaction(async () => {
      await server.db.collection<Loose>('callEvents').insertMany(events, { session });
      const rows = ids.map(_id => ({ _id, tenantId, stream: 'calls', createdAt }));
      await server.db.collection<Loose>('outbox').insertMany(rows, { session });
    });
    await session.endSession();
    return callId;
  }

  const stuckStreams = async () => (await server.app.get(Metrics).stuckStreams.get()).values[0]?.value ?? 0;
  const heads = () => server.db.collection<Loose>('streamHeads');

  /** Makes the next places of a tenant's feed taken: whoever gives them meets a duplicate key. */
  async function jam(tenant: SeededTenant): Promise<() => Promise<void>> {
    await produceEvents(server, tenant, { count: 5 });
    const head = { tenantId: tenantIdOf(tenant), stream: 'calls' };
    await heads().updateOne(head, { $set: { position: 1 } });
    return async () => {
      await heads().updateOne(head, { $set: { position: 5 } });
    };
  }

  it.each([
    [1, 700],
    [3, 1100],
    [6, 250],
  ])(
    'does not keep others waiting: %i such streams, each with %i older rows',
    async (streams, rows) => {
      const repairs: (() => Promise<void>)[] = [];
      const jammed = await Promise.all(upTo(streams).map(() => seedTenant(server)));
      for (const tenant of jammed) {
        repairs.push(await jam(tenant));
        await leaveBehind(tenantIdOf(tenant), rows, 60_000);
      }
      await until(async () => (await stuckStreams()) >= streams, 'the metric of stuck streams');
      const others = await Promise.all(upTo(3).map(() => seedTenant(server)));
      for (const other of others) {
        const stream = other.admin.client.subscribe(FEED, { after: '' });
        const before = Date.now();
        const callId = await leaveBehind(tenantIdOf(other), 3, 500);
        await stream.until(({ values }) => values.length >= 3, 'what another tenant’s dead process has left');
        expect(Date.now() - before).toBeLessThan(10_000);
        expect(Object.values(sequencesByCall(heardBy(stream)))).toEqual([upTo(3)]);
        stream.stop();
        expect(callId).toBeDefined();
      }
      // Nothing of the stuck ones is lost: all is there once they can go on.
      for (const repair of repairs) await repair();
      const waiting = () => server.db.collection('outbox').countDocuments({ stream: 'calls' });
      await until(async () => (await waiting()) === 0, 'the places of what was stuck');
      await until(async () => (await stuckStreams()) === 0, 'that nothing is stuck any more');
      for (const tenant of jammed) {
        const stored = await server.db
          .collection('callEvents')
          .find({ tenantId: tenantIdOf(tenant) })
          .sort({ position: 1 })
          .toArray();
        expect(stored.map(({ position }) => position as number)).toEqual(upTo(rows + 5));
      }
    },
    180_000,
  );

  it('is left to newer servers when it is one that this server does not know', async () => {
    const tenant = await seedTenant(server);
    const row = {
      _id: newObjectId(),
      tenantId: tenantIdOf(tenant),
      stream: 'billing',
      createdAt: new Date(0),
    };
    await server.db.collection<Loose>('outbox').insertOne(row);
    const stream = tenant.admin.client.subscribe(FEED, { after: '' });
    await leaveBehind(tenantIdOf(tenant), 2, 500);
    await stream.until(({ values }) => values.length >= 2);
    expect(await stuckStreams()).toBe(0);
    expect(await server.db.collection('outbox').countDocuments({ _id: row._id })).toBe(1);
    stream.stop();
    await server.db.collection('outbox').deleteOne({ _id: row._id });
  });
});
