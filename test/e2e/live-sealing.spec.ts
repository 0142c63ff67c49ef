import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { FEED, heardBy, produceEvents, sequencesByCall, upTo } from '../kit/events.js';
import { newObjectId } from '../../src/mongo/object-id.js';
import type { Loose } from '../kit/client.js';
import { seedTenant } from '../kit/seed.js';
import { startTestServer, type TestServer } from '../kit/server.js';
import { tenantIdOf } from '../kit/events.js';

describe('The order of a tenant’s feed', () => {
  let servers: TestServer[];

  beforeAll(async () => {
    const first = await startTestServer();
    servers = [first, await startTestServer({ beside: first })];
  });
  afterAll(async () => {
    for (const server of servers.toReversed()) await server.stop();
  });

  const positionsOf = async (server: TestServer, tenantId: unknown): Promise<number[]> => {
    const events = await server.db
      .collection('callEvents')
      .find({ tenantId })
      .sort({ position: 1 })
      .toArray();
    return events.map(event => event['position'] as number);
  };

  it('has no hole and no repeat when two processes give the very first places, and all further ones, at once', async () => {
    const [first, second] = servers as [TestServer, TestServer];
    const tenant = await seedTenant(first);
    const stream = tenant.admin.client.subscribe(FEED, { after: '' });
    const calls = await Promise.all(
      upTo(12).map(turn => produceEvents(turn % 2 ? first : second, tenant, { count: 40 })),
    );
    await stream.until(({ values }) => values.length >= 480);
    expect(sequencesByCall(heardBy(stream))).toEqual(Object.fromEntries(calls.map(id => [id, upTo(40)])));
    expect(new Set(heardBy(stream).map(({ cursor }) => cursor)).size).toBe(480);
    expect(await positionsOf(first, tenantIdOf(tenant))).toEqual(upTo(480));
    stream.stop();
  });

  it('keeps the order within a call though the ids of a batch are mixed up', async () => {
    const [first] = servers as [TestServer];
    const tenant = await seedTenant(first);
    const { db } = first;
    const [callId, tenantId] = [newObjectId(), tenantIdOf(tenant)];
    // As a process leaves it that dies before it seals: 250 events whose ids run against their sequence.
    const ids = upTo(250)
      .map(() => newObjectId())
      .reverse();
    const createdAt = new Date();
    const events = ids.map((_id, index) => ({
      _id,
      tenantId,
      callId,
      ownerId: null,
      sequence: index + 1,
      position: null,
      occurredAt: createdAt,
      happening: { type: 'recordingReady' },
    }));
    const session = db.client.startSession();
    await session.withTransaction(async () => {
      await db.collection<Loose>('callEvents').insertMany(events, { session });
      await db.collection<Loose>('outbox').insertMany(
        ids.map(_id => ({ _id, tenantId, stream: 'calls', createdAt })),
        { session },
      );
    });
    await session.endSession();
    const stream = tenant.admin.client.subscribe(FEED, { after: '' });
    await stream.until(({ values }) => values.length >= 250);
    expect(heardBy(stream).map(({ sequence }) => sequence)).toEqual(upTo(250));
    expect(await positionsOf(first, tenantId)).toEqual(upTo(250));
    stream.stop();
  });
});
