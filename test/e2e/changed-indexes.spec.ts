import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { mongo } from 'mongoose';
import { operate } from '../kit/operate.js';
import { startServerProcess } from '../kit/process.js';
import { seedTenant } from '../kit/seed.js';
import { startTestServer, type TestServer } from '../kit/server.js';

type Key = Record<string, 1 | -1>;
type Options = mongo.CreateIndexesOptions;

describe('A start in a database whose indexes have other options than this version declares', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer();
    await seedTenant(server);
  });
  afterAll(() => server.stop());

  const again = async () => {
    const beside = await startTestServer({ beside: server });
    await beside.stop();
  };
  const indexesOf = (collection: string) => server.db.collection(collection).indexes();
  /** Leaves an index of those fields as another version would have made it. */
  const change = async (collection: string, key: Key, options: Options) => {
    const rows = server.db.collection(collection);
    for (const { name, key: present } of await indexesOf(collection))
      if (JSON.stringify(present) === JSON.stringify(key) && name !== undefined) await rows.dropIndex(name);
    await rows.createIndex(key, options, {});
  };
  const withKey = async (collection: string, key: Key) =>
    (await indexesOf(collection)).filter(
      ({ key: present }) => JSON.stringify(present) === JSON.stringify(key),
    );

  it.each<[string, string, Key, Options]>([
    ['was not unique', 'dataKeys', { tenantId: 1, subject: 1 }, {}],
    ['was sparse too', 'dataKeys', { tenantId: 1, subject: 1 }, { unique: true, sparse: true }],
    [
      'was unique for a part',
      'dataKeys',
      { tenantId: 1, subject: 1 },
      { unique: true, partialFilterExpression: { subject: 'x' } },
    ],
    ['was unique', 'jobs', { kind: 1, dueAt: 1 }, { unique: true }],
    ['let rows expire', 'jobs', { kind: 1, dueAt: 1 }, { sparse: true }],
    ['had a collation', 'migrations', { name: 1 }, { unique: true, collation: { locale: 'de' } }],
    ['held all rows', 'jobs', { failures: 1 }, {}],
  ])('replaces one that %s, and leaves one of those fields', async (_what, collection, key, options) => {
    const before = await withKey(collection, key);
    await change(collection, key, options);
    await again();
    const after = await withKey(collection, key);
    const traits = (indexes: mongo.IndexDescriptionInfo[]) =>
      indexes.map(({ unique, sparse, partialFilterExpression, collation }) => ({
        unique,
        sparse,
        partialFilterExpression,
        collation,
      }));
    expect(traits(after)).toEqual(traits(before));
    // Once more nothing changes.
    await again();
    expect(await withKey(collection, key)).toEqual(after);
  });

  it('makes one whose name an index of other fields has, and leaves that one', async () => {
    await server.db.collection('jobs').dropIndexes();
    await server.db.collection('jobs').createIndex({ wakes: 1 }, { name: 'kind_1_dueAt_1' }, {});
    await again();
    expect(await withKey('jobs', { kind: 1, dueAt: 1 })).toHaveLength(1);
    expect(await withKey('jobs', { wakes: 1 })).toHaveLength(1);
  });

  it('goes well from several servers at once', async () => {
    await change('dataKeys', { tenantId: 1, subject: 1 }, {});
    const all = await Promise.all([1, 2, 3].map(() => startTestServer({ beside: server })));
    for (const each of all) await each.stop();
    expect(await withKey('dataKeys', { tenantId: 1, subject: 1 })).toMatchObject([{ unique: true }]);
  });

  it('leaves alone what a newer version has changed', async () => {
    await server.db.collection('migrations').insertOne({ name: 'of-a-newer-version', appliedAt: new Date() });
    await change('dataKeys', { tenantId: 1, subject: 1 }, {});
    const newer = await withKey('dataKeys', { tenantId: 1, subject: 1 });
    await again();
    expect(await withKey('dataKeys', { tenantId: 1, subject: 1 })).toEqual(newer);
    await server.db.collection('migrations').deleteOne({ name: 'of-a-newer-version' });
    await again();
    expect(await withKey('dataKeys', { tenantId: 1, subject: 1 })).toMatchObject([{ unique: true }]);
  });

  it('says in a sentence which rows stand against one, without a stack, and keeps the old one', async () => {
    await change('migrations', { name: 1 }, {});
    const rows = [1, 2].map(() => ({ name: 'twice', appliedAt: new Date() }));
    await server.db.collection('migrations').insertMany(rows);
    // It would be what a newer version has done.
    await server.db.collection('migrations').updateMany({ name: 'twice' }, { $set: { name: 'lock' } });
    const { MONGODB_URI } = server.settings;
    const text = await startServerProcess({ MONGODB_URI }).then(
      () => 'it started',
      (error: unknown) => (error as Error).message,
    );
    expect(text).toContain('The index name_1 of the collection migrations cannot be made');
    expect(text).toContain('rows with the same values');
    expect(text).toContain('exit code 1');
    expect(text).not.toContain('    at ');
    expect(await operate(server, ['database', 'prepare'])).toMatchObject({
      code: 1,
      err: expect.stringContaining('rows with the same values'),
    });
    expect(await withKey('migrations', { name: 1 })).toHaveLength(1);
    await server.db.collection('migrations').deleteMany({ name: 'lock' });
    await again();
    expect(await withKey('migrations', { name: 1 })).toMatchObject([{ unique: true }]);
  });
});
