import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { operate } from '../kit/operate.js';
import { startServerProcess } from '../kit/process.js';
import { seedTenant, type SeededTenant } from '../kit/seed.js';
import { startTestServer, type TestServer } from '../kit/server.js';

const RIGHT = 'P4tLw9ZrNx2yUe6GvKj8QmSb5oCi1hAd';
const NEXT = 'n8VfT3qYb1KzR6wX0cLmJ5sDhG9pUe2A';
const WRONG = 'aW7kQx2Zr9Lt4Vb8Yn3Hc6Mf1Jp5Gd0S';
const NOT_THE_KEY = 'MASTER_KEY is not the key that this database is encrypted with';
const LACKS = 'MASTER_KEY_PREVIOUS lacks a key';

describe('A start with a MASTER_KEY that the database is not encrypted with', () => {
  let server: TestServer;
  let tenant: SeededTenant;
  const started: TestServer[] = [];

  beforeAll(async () => {
    server = await startTestServer({ env: { MASTER_KEY: RIGHT } });
    tenant = await seedTenant(server);
  });
  afterEach(async () => {
    for (const each of started.splice(0)) await each.stop();
  });
  afterAll(() => server.stop());

  const start = async (MASTER_KEY: string, ...previous: string[]) => {
    const env = { MASTER_KEY, MASTER_KEY_PREVIOUS: previous.join(',') };
    started.push(await startTestServer({ beside: server, env }));
  };
  const proofs = async () => {
    const record = await server.db.collection('masterKeyRecords').findOne();
    return (record?.['proofs'] ?? []) as { keyId: string; encrypted: string }[];
  };
  const forgetRecord = () => server.db.collection('masterKeyRecords').deleteMany({});

  it('is refused in a sentence, with exit code 2 and without a stack', async () => {
    const { MONGODB_URI } = server.settings;
    const text = await startServerProcess({ MONGODB_URI, MASTER_KEY: WRONG }).then(
      () => 'it started',
      (error: unknown) => (error as Error).message,
    );
    expect(text).toContain(NOT_THE_KEY);
    expect(text).toContain('docs/master-key.md');
    expect(text).toContain('exit code 2');
    expect(text).not.toContain('Voho is ready');
    expect(text).not.toContain('    at ');
  });

  it.each([
    ['another key', WRONG, []],
    ['another key with a previous one that is wrong too', WRONG, [NEXT]],
    ['the right key with a blank behind it', `${RIGHT} `, []],
    ['the right key in small letters', RIGHT.toLowerCase(), []],
  ])('is refused for %s, and changes nothing', async (_what, key, previous) => {
    const before = await proofs();
    await expect(start(key, ...previous)).rejects.toThrow(NOT_THE_KEY);
    expect(await proofs()).toEqual(before);
    expect((await tenant.admin.client.data('{ viewer { id } }')).viewer.id).toBe(tenant.admin.id);
  });

  it('is refused too in a database that was made before there were records', async () => {
    await forgetRecord();
    await expect(start(WRONG)).rejects.toThrow(NOT_THE_KEY);
    expect(await proofs()).toEqual([]);
    await start(RIGHT);
    expect(await proofs()).toHaveLength(1);
  });

  it('is refused for a record that was changed', async () => {
    const [proof] = await proofs();
    const records = server.db.collection('masterKeyRecords');
    await records.updateOne({}, { $set: { 'proofs.0.encrypted': `A${proof?.encrypted.slice(1) ?? ''}` } });
    await expect(start(RIGHT)).rejects.toThrow(NOT_THE_KEY);
    await records.updateOne({}, { $set: { 'proofs.0': proof } });
  });

  it('is refused to the operator’s commands', async () => {
    for (const command of [
      ['tenants', 'list'],
      ['tenants', 'suspend', tenant.subdomain],
      ['audit', 'verify', tenant.subdomain],
    ]) {
      const { code, err } = await operate(server, command, { MASTER_KEY: WRONG });
      expect([code, err]).toEqual([2, expect.stringContaining(NOT_THE_KEY)]);
    }
    expect((await operate(server, ['tenants', 'list'])).code).toBe(0);
  });

  it('of two servers that start in an empty database with different keys lets one through', async () => {
    const empty = await startTestServer();
    await empty.db.collection('masterKeyRecords').deleteMany({});
    const both = await Promise.allSettled(
      [RIGHT, WRONG].map(MASTER_KEY => startTestServer({ beside: empty, env: { MASTER_KEY } })),
    );
    const through = both.flatMap(result => (result.status === 'fulfilled' ? [result.value] : []));
    const refused = both.flatMap(result => (result.status === 'rejected' ? [String(result.reason)] : []));
    for (const each of through) await each.stop();
    await empty.stop();
    expect([through.length, refused]).toEqual([1, [expect.stringContaining(NOT_THE_KEY)]]);
  });

  it('of several that start there at once with one key lets all through', async () => {
    const empty = await startTestServer();
    await empty.db.collection('masterKeyRecords').deleteMany({});
    const all = await Promise.all([1, 2, 3].map(() => startTestServer({ beside: empty })));
    for (const each of all) await each.stop();
    await empty.stop();
  });

  it('follows a change of the key: both until all is wrapped, then the new one alone', async () => {
    await start(RIGHT, NEXT);
    expect(await proofs()).toHaveLength(1);
    await start(NEXT, RIGHT);
    expect(await proofs()).toHaveLength(2);
    await start(RIGHT, NEXT);
    await expect(start(NEXT)).rejects.toThrow(LACKS);
    await expect(start(RIGHT)).rejects.toThrow(LACKS);

    const alone = await operate(server, ['keys', 'rewrap'], { MASTER_KEY: NEXT });
    expect([alone.code, alone.err]).toEqual([1, expect.stringContaining(tenant.subdomain)]);
    expect(await proofs()).toHaveLength(2);
    const keys = { MASTER_KEY: NEXT, MASTER_KEY_PREVIOUS: RIGHT };
    expect(await operate(server, ['keys', 'rewrap'], keys)).toMatchObject({ code: 0 });
    expect(await proofs()).toHaveLength(1);
    await start(NEXT);
    await expect(start(RIGHT)).rejects.toThrow(NOT_THE_KEY);
  });
});
