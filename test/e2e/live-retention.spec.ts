import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { fromPublicId } from '../../src/ids/public-id.js';
import type { Loose } from '../kit/client.js';
import { FEED, heardBy, produceEvents, sequencesByCall, tenantIdOf, upTo } from '../kit/events.js';
import { seedTenant, type SeededTenant, startCall } from '../kit/seed.js';
import { startTestServer, type TestServer } from '../kit/server.js';

const CALL =
  'query ($id: ID!) { call(id: $id) { id transcript { totalCount } events { totalCount nodes { cursor } } } }';
const KEEP = 'mutation ($days: Int) { updateTenant(input: { retentionDays: $days }) { id } }';

describe('Retention', () => {
  let server: TestServer;

  beforeAll(async () => {
    server = await startTestServer();
  });
  afterAll(() => server.stop());

  const collection = (name: string) => server.db.collection<Loose>(name);

  /** A call that has been through everything, as it looks `days` after its last event. */
  async function callOfDaysAgo({ admin }: SeededTenant, days: number): Promise<string> {
    const { id } = await startCall(admin.client);
    const stream = admin.client.subscribe(FEED, { callId: id, after: '' });
    const types = () => stream.values.map(({ callEvents }) => callEvents.__typename as string);
    await stream.until(() =>
      ['CallTranscriptSettled', 'CallSummaryReady', 'CallRecordingReady'].every(type =>
        types().includes(type),
      ),
    );
    stream.stop();
    const lastEventAt = new Date(Date.now() - days * 86_400_000);
    await collection('calls').updateOne(
      { _id: fromPublicId('call', id as string) },
      { $set: { lastEventAt } },
    );
    return id as string;
  }

  async function gone(tenant: SeededTenant, id: string): Promise<void> {
    const deadline = Date.now() + 15_000;
    while ((await tenant.admin.client.data(CALL, { id })).call !== null) {
      if (Date.now() > deadline) throw new Error('The call is still there');
      await new Promise(resolve => setTimeout(resolve, 50));
    }
  }

  async function heardAfter({ admin }: SeededTenant, after: string, count: number) {
    const stream = admin.client.subscribe(FEED, { after });
    await stream.until(({ values, errors }) => values.length >= count || errors.length > 0);
    stream.stop();
    return { heard: sequencesByCall(heardBy(stream)), error: stream.errors[0] };
  }

  it('removes calls that are past it with all they had, and tells whoever comes back too late', async () => {
    const tenant = await seedTenant(server);
    const old = await callOfDaysAgo(tenant, 8);
    const young = await callOfDaysAgo(tenant, 6);
    const { call: before } = await tenant.admin.client.data(CALL, { id: old });
    const { call: kept } = await tenant.admin.client.data(CALL, { id: young });
    const oldId = fromPublicId('call', old);
    const recording = join(
      server.settings.DATA_DIR,
      'recordings',
      tenantIdOf(tenant).toHexString(),
      `${oldId?.toHexString() ?? ''}.wav`,
    );
    await access(recording);

    await tenant.admin.client.data(KEEP, { days: 7 });
    await gone(tenant, old);
    const [tooOld, lastOfOld] = [before.events.nodes[0].cursor, before.events.nodes.at(-1).cursor];
    // The events go right after the call.
    const deadline = Date.now() + 10_000;
    while ((await collection('callEvents').countDocuments({ callId: oldId })) > 0 && Date.now() < deadline)
      await new Promise(resolve => setTimeout(resolve, 50));

    const { error } = await heardAfter(tenant, tooOld as string, 1);
    expect(error?.extensions).toMatchObject({ code: 'CURSOR_EXPIRED', firstAvailableCursor: lastOfOld });
    const count = kept.events.totalCount as number;
    for (const after of ['', lastOfOld as string])
      expect(await heardAfter(tenant, after, count)).toEqual({
        heard: { [young]: upTo(count) },
        error: undefined,
      });
    expect((await tenant.admin.client.data(CALL, { id: young })).call).toEqual(kept);
    for (const name of ['utterances', 'callEvents'])
      expect(await collection(name).countDocuments({ callId: oldId as Loose })).toBe(0);
    expect(await collection('callRoutes').countDocuments({ _id: oldId as Loose })).toBe(0);
    await expect(access(recording)).rejects.toThrow('ENOENT');
    const swept =
      '{ auditEvents(filter: { actions: ["retention.swept"] }) { nodes { actorLabel details } } }';
    expect((await tenant.admin.client.data(swept)).auditEvents.nodes).toEqual([
      { actorLabel: 'retention job', details: { calls: 1, silentSince: expect.any(String) } },
    ]);
  });

  it('keeps the places of events behind those of a call that stays, without their words', async () => {
    const tenant = await seedTenant(server);
    const live = await startCall(tenant.admin.client);
    const old = await callOfDaysAgo(tenant, 8);
    const { eventCursor } = await tenant.admin.client.data('{ eventCursor }');
    await tenant.admin.client.data(KEEP, { days: 7 });
    await gone(tenant, old);
    const words =
      'subscription { callEvents(after: "") { callId sequence cursor ... on CallUtteranceAdded { utterance { text } } } }';
    const stream = tenant.admin.client.subscribe(words);
    await stream.until(({ values }) => values.some(({ callEvents }) => callEvents.cursor === eventCursor));
    stream.stop();
    const ofOld = stream.values.map(value => value.callEvents).filter(({ callId }) => callId === old);
    expect(ofOld.map(({ sequence }) => sequence)).toEqual(upTo(ofOld.length));
    expect(ofOld.flatMap(({ utterance }) => (utterance ? [utterance.text] : [])).join('')).toBe('');
    expect(stream.values.some(({ callEvents }) => callEvents.callId === live.id)).toBe(true);
  });

  it('never expires a subscription from the beginning, and refuses a cursor from before a restored backup', async () => {
    const tenant = await seedTenant(server);
    await produceEvents(server, tenant, { count: 50 });
    await tenant.admin.client.data(KEEP, { days: 1 });
    const deadline = Date.now() + 10_000;
    const ofTenant = { tenantId: tenantIdOf(tenant) };
    while ((await collection('callEvents').countDocuments(ofTenant)) > 0 && Date.now() < deadline)
      await new Promise(resolve => setTimeout(resolve, 50));
    const id = await produceEvents(server, tenant, { count: 5 });
    expect((await heardAfter(tenant, '', 5)).heard).toEqual({ [id]: upTo(5) });
    const { eventCursor } = await tenant.admin.client.data('{ eventCursor }');
    await collection('streamHeads').updateOne({ ...ofTenant, stream: 'calls' }, { $set: { position: 53 } });
    expect((await heardAfter(tenant, eventCursor as string, 1)).error?.extensions.code).toBe(
      'CURSOR_EXPIRED',
    );
  });
});
