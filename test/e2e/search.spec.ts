import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { mongo } from 'mongoose';
import { MIGRATION_NAMES } from '../../src/migrations/migration.js';
import { MigrationRunner } from '../../src/migrations/migration-runner.js';
import { RenewSearchTerms } from '../../src/modules/calls/renew-search-terms.js';
import { newObjectId, type ObjectId } from '../../src/mongo/object-id.js';
import { callWithStatus, seedTenant, type SeededTenant, startCall } from '../kit/seed.js';
import { startTestServer, type TestServer } from '../kit/server.js';

const FIND = 'query ($search: String!) { calls(filter: { search: $search }) { nodes { id } } }';
const NAME = '2026-12 search terms';

/** Words as servers of the version before stored them. */
const oldWords = (text: string): string[] => [
  ...new Set(
    text
      .normalize('NFKC')
      .toLowerCase()
      .match(/[\p{L}\p{N}]+(?:['’-][\p{L}\p{N}]+)*/gu) ?? [],
  ),
];

describe('Search', () => {
  let server: TestServer;
  let tenant: SeededTenant;
  let template: mongo.Document;

  beforeAll(async () => {
    server = await startTestServer();
    tenant = await seedTenant(server);
    const { id } = await startCall(tenant.admin.client);
    await callWithStatus(tenant.admin.client, id, 'COMPLETED');
    template = (await server.db.collection('calls').findOne({}, { sort: { _id: -1 } })) ?? {};
  });
  afterAll(() => server.stop());

  /** A call as a server of the version before has left it, in a tenant of its own or the given one. */
  async function oldCall(
    texts: readonly string[],
    more: { summary?: string; lastEventAt?: Date; deletedAt?: Date } = {},
    tenantId: ObjectId = template['tenantId'] as ObjectId,
  ): Promise<string> {
    const callId = newObjectId();
    const words = oldWords([...texts, more.summary ?? ''].join(' '));
    await server.db.collection('calls').insertOne({
      ...template,
      _id: callId,
      tenantId,
      summary: null,
      words,
      createdAt: new Date(),
      ...more,
    });
    if (texts.length > 0)
      await server.db.collection('utterances').insertMany(
        texts.map((text, ordinal) => ({
          ...{ callId, tenantId, ordinal, text, speaker: 'USER', medium: 'VOICE' },
          ...{ startSeconds: null, endSeconds: null },
        })),
      );
    return `call_${callId.toHexString()}`;
  }
  const found = async (search: string): Promise<string[]> =>
    (await tenant.admin.client.data(FIND, { search })).calls.nodes.map(({ id }: { id: string }) => id);
  const renewal = () => server.app.get(RenewSearchTerms, { strict: false });
  const wordsOf = async (publicId: string): Promise<string[]> => {
    const id = publicId.split('_')[1];
    const rows = await server.db.collection('calls').find().toArray();
    return rows.find(row => row._id.toHexString() === id)?.['words'] as string[];
  };
  const never = new AbortController().signal;

  it('finds what was said in every writing once calls of before are migrated, and nothing that was not', async () => {
    const cases: [string, string, string][] = [
      ['今天天气很好', '天气', '明天'],
      ['हिन्दी', 'हिन्दी', 'हानि'],
      ['I don’t know', "don't", 'dont'],
      ['İstanbul’da', "istanbul'da", 'ankara'],
      ['Straße', 'STRASSE', 'strass'],
      ['ประเทศไทย', 'ไทย', 'ลาว'],
    ];
    const ids: string[] = [];
    for (const [said] of cases) ids.push(await oldCall(['Hello.', said]));
    const summed = await oldCall([], { summary: 'Über 大学生' });
    expect(await found('天气')).toEqual([]);
    await server.db.collection('migrations').deleteMany({ name: NAME });
    expect(MIGRATION_NAMES).toContain(NAME);
    await server.app.get(MigrationRunner).applyAll();
    for (const [index, [, search, other]] of cases.entries()) {
      expect([search, await found(search)]).toEqual([search, [ids[index]]]);
      expect([other, await found(other)]).toEqual([other, []]);
    }
    expect(await found('大学')).toEqual([summed]);
    expect(await server.db.collection('migrations').countDocuments({ name: NAME })).toBe(1);
  });

  it('goes on where a migration was killed, in several batches, and changes nothing the second time', async () => {
    for (let index = 0; index < 230; index += 1) await oldCall(['北京大学']);
    const other = await seedTenant(server);
    const otherId = (await server.db.collection('tenants').findOne({ subdomain: other.subdomain }))?._id;
    const foreign = await oldCall(['北京大学'], {}, otherId);
    const killed = new AbortController();
    const running = renewal().apply(killed.signal);
    for (;;) {
      const done = await server.db.collection('calls').countDocuments({ words: '京大' });
      if (done > 0) break;
    }
    killed.abort(new Error('killed'));
    await expect(running).rejects.toThrow('killed');
    const half = await server.db.collection('calls').countDocuments({ words: '京大' });
    expect(half).toBeLessThan(231);
    await renewal().apply(never);
    expect(await server.db.collection('calls').countDocuments({ words: '京大' })).toBe(231);
    expect(await wordsOf(foreign)).toContain('京大');
    expect(await found('京大')).not.toContain(foreign);
    const before = JSON.stringify(await server.db.collection('calls').find().sort({ _id: 1 }).toArray());
    await renewal().apply(never);
    expect(JSON.stringify(await server.db.collection('calls').find().sort({ _id: 1 }).toArray())).toBe(
      before,
    );
  });

  it('leaves alone what was deleted, and finds what a server of the version before has stored meanwhile', async () => {
    const deleted = await oldCall([], { deletedAt: new Date() });
    const recent = await oldCall(['서울학교에서'], { lastEventAt: new Date() });
    const past = await oldCall(['서울학교에서'], { lastEventAt: new Date(Date.now() - 30 * 86_400_000) });
    expect(await renewal().renewRecent(never)).toBeGreaterThan(0);
    expect(await found('학교')).toEqual([recent]);
    expect(await wordsOf(deleted)).toEqual([]);
    await renewal().apply(never);
    expect((await found('학교')).sort()).toEqual([recent, past].sort());
  });
});
