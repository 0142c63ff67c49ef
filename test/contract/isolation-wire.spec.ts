import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { createRequire } from 'node:module';
import { inspect } from 'node:util';
import mongoose, { Schema } from 'mongoose';
import { ISOLATION_REFUSALS, IsolationError } from '../../src/errors/isolation-error.js';
import { newObjectId, type ObjectId } from '../../src/mongo/object-id.js';
import { UnitOfWork } from '../../src/mongo/unit-of-work.js';
import { scopeStore } from '../../src/tenancy/scope-store.js';
import { jobScope } from '../../src/tenancy/tenant-scope.js';
import { WireGuard } from '../../src/tenancy/wire-guard/wire-guard.js';
import type { Loose } from '../kit/client.js';
import { CASES } from './isolation/cases.js';
import { type Declared, SCOPED, SYSTEM } from './isolation/definitions.js';
import { type Database, type Ground, groundOf, openDatabase } from './isolation/ground.js';

/** The schema as it would be without any hook of ours: only its fields, and whose data it is for. */
function withoutHooks({ schema }: Declared): Schema {
  const bare = schema.clone();
  const hooksOf = (of: Schema) => (of as unknown as { s: { hooks: Loose } }).s;
  hooksOf(bare).hooks = hooksOf(new Schema({})).hooks;
  bare.statics = {};
  return bare;
}

/** A change stream sends nothing before it is read. */
const opened = (result: unknown): unknown => {
  const stream = result as Partial<ChangeStream> | null;
  return stream?.tryNext ? stream.tryNext().finally(() => stream.close?.()) : result;
};
interface ChangeStream {
  tryNext(): Promise<unknown>;
  close(): Promise<void>;
}

describe('The guard on the wire', () => {
  const [subject] = SCOPED as readonly [Declared];
  let database: Database;
  let ground: Ground;

  beforeAll(async () => {
    database = await openDatabase();
    ground = await groundOf(database, subject);
  });
  afterAll(() => database.close());

  const inserted = (tenantId: ObjectId) =>
    database.db.collection(subject.collection).countDocuments({ tenantId });

  it('rests on the driver that it was tried with', () => {
    const ofMongoose = createRequire(createRequire(import.meta.url).resolve('mongoose'));
    expect(ofMongoose('mongodb/package.json')).toMatchObject({ version: '7.8.0' });
    expect(mongoose.version).toBe('9.12.1');
  });

  it('keeps an insert without its tenant from being sent, and closes no connection over it', async () => {
    const client = database.connection.getClient();
    let closed = 0;
    for (const event of ['connectionClosed', 'connectionPoolCleared'] as const)
      client.on(event, () => (closed += 1));
    const stranger = newObjectId();
    const attempts = await Promise.allSettled(
      Array.from({ length: 100 }, () =>
        ground.asA(async () => ground.model.collection.insertOne(ground.fresh(stranger))),
      ),
    );
    expect(attempts.filter(({ status }) => status === 'fulfilled')).toEqual([]);
    expect(await inserted(stranger)).toBe(0);
    expect(closed).toBe(0);
    expect(await ground.asA(async () => ground.model.countDocuments())).toBe(2);
  });

  it('has every wire ask by itself, so that the driver need not read its answers twice', async () => {
    let told = 0;
    database.connection.getClient().on('commandStarted', () => (told += 1));
    for (let turn = 0; turn < 20; turn += 1) await ground.asA(async () => ground.model.find().lean());
    expect(told).toBe(0);
    await expect(ground.asA(async () => ground.model.collection.find({}).toArray())).rejects.toMatchObject({
      lock: 'wire',
    });
  });

  it('rolls the transaction back that it refuses something in', async () => {
    const attempt = ground.asA(() =>
      new UnitOfWork(database.connection).run(async () => {
        await ground.model.updateMany({}, ground.change);
        await ground.model.collection.insertOne(ground.fresh(ground.tenantB));
      }),
    );
    await expect(attempt).rejects.toMatchObject({ lock: 'wire' });
    expect(await ground.look()).toEqual({ isTouched: false, isBroken: false });
  });

  it('knows the tenant of each command, however many wait for a connection at once', async () => {
    const tenants = Array.from({ length: 7 }, () => newObjectId());
    const seen = await Promise.all(
      Array.from({ length: 300 }, async (_, index) => {
        const tenantId = tenants[index % 7] as ObjectId;
        await scopeStore.runInScope(jobScope(tenantId, 'many'), async () => ground.model.find().lean());
        return scopeStore
          .runInScope(jobScope(tenantId, 'many'), async () =>
            ground.model.collection.find({ tenantId: tenants[(index + 1) % 7] }).toArray(),
          )
          .then(
            () => 'answered',
            (error: unknown) => (error as IsolationError).name,
          );
      }),
    );
    expect(new Set(seen)).toEqual(new Set(['IsolationError']));
  });

  it('tells of every refusal, also of those that somebody swallows', async () => {
    const told: unknown[] = [];
    const hear = (refusal: unknown) => told.push(refusal);
    subscribe(ISOLATION_REFUSALS, hear);
    await ground.asA(async () =>
      ground.model.collection
        .find({})
        .toArray()
        .catch(() => []),
    );
    unsubscribe(ISOLATION_REFUSALS, hear);
    expect(told).toMatchObject([{ lock: 'wire', model: subject.collection, operation: 'find' }]);
  });

  it.each(SCOPED)(
    'alone lets nothing of another tenant out or in, where the hooks of $model are gone',
    async definition => {
      const name = `Bare${definition.model}`;
      const bare = await groundOf(database, {
        model: name,
        collection: name,
        schema: withoutHooks(definition),
      });
      const faults: string[] = [];
      for (const { name: what, run } of CASES) {
        const shown = await bare
          .asA(async () => opened(await run(bare, { middleware: false })))
          .then(
            result => inspect(result, { depth: 12 }),
            () => '',
          );
        const { isTouched, isBroken } = await bare.look();
        if (isTouched) await bare.reset();
        if (isBroken || bare.marksOfB.some(mark => shown.includes(mark))) faults.push(what);
      }
      expect(faults).toEqual([]);
    },
  );

  describe('by a server that knows bulkWrite as one command', () => {
    const guard = new WireGuard();
    const send = (nsInfo: object[], ops: object[], comment?: string) =>
      new Promise<void>(resolve => {
        const body = { bulkWrite: 1, nsInfo, ops, comment };
        guard.check({ name: 'bulkWrite', database: 'admin', session: null, body }, database.connection);
        resolve();
      });
    const namespace = () => [{ ns: `${database.connection.name}.${subject.collection}` }];
    const own = () => ({ tenantId: ground.tenantA });
    const theirs = () => ({ tenantId: ground.tenantB });

    it.each<[string, () => object]>([
      ['an insert for another', () => ({ insert: 0, document: theirs() })],
      ['an update of another’s', () => ({ update: 0, filter: theirs(), updateMods: { $set: { x: 1 } } })],
      ['an update that moves', () => ({ update: 0, filter: own(), updateMods: { $set: theirs() } })],
      ['a deletion of all', () => ({ delete: 0, filter: {} })],
      ['a collation', () => ({ delete: 0, filter: own(), collation: { locale: 'en' } })],
      ['an operation that is not known', () => ({ upsert: 0, filter: own() })],
      ['a collection that is not named', () => ({ insert: 1, document: own() })],
    ])('refuses %s', async (_what, operation) => {
      const good = { insert: 0, document: own() };
      await expect(ground.asA(() => send(namespace(), [good, operation()]))).rejects.toBeInstanceOf(
        IsolationError,
      );
    });

    it('lets pass what names its own tenant, and global data with its reason alone', async () => {
      const ops = [
        { insert: 0, document: own() },
        { update: 0, filter: own(), updateMods: { $set: { x: 1 } } },
        { delete: 0, filter: own() },
      ];
      await ground.asA(() => send(namespace(), ops));
      const [global] = SYSTEM as readonly [Declared];
      database.connection.model(global.model, global.schema, global.collection);
      const elsewhere = [{ ns: `${database.connection.name}.${global.collection}` }];
      const asSystem = (comment?: string) =>
        scopeStore.runAsSystem('work.claim', () => send(elsewhere, [{ delete: 0, filter: {} }], comment));
      await asSystem('voho:work.claim');
      await expect(asSystem()).rejects.toBeInstanceOf(IsolationError);
      await expect(send(elsewhere, [{ delete: 0, filter: {} }])).rejects.toBeInstanceOf(IsolationError);
    });
  });

  it.each(SYSTEM)('wants the reason in the comment of every command on $model', async definition => {
    const system = await groundOf(database, definition);
    const { collection } = system.model;
    const asSystem = (work: () => unknown) => scopeStore.runAsSystem('work.claim', async () => await work());
    const attempts: [string, () => Promise<unknown>][] = [
      ['no reason', async () => collection.find({}).toArray()],
      ['a tenant', () => system.asA(async () => collection.find({}).toArray())],
      ['no comment', () => asSystem(() => collection.find({}).toArray())],
      ['another comment', () => asSystem(() => collection.find({}, { comment: 'voho:other' }).toArray())],
      ['no comment of an insert', () => asSystem(() => collection.insertOne({ x: 1 }))],
      [
        'a join',
        () =>
          asSystem(() =>
            collection.aggregate([{ $unionWith: 'users' }], { comment: 'voho:work.claim' }).toArray(),
          ),
      ],
      [
        'a change stream',
        () => asSystem(() => collection.watch([], { comment: 'voho:work.claim' }).tryNext()),
      ],
      ['a drop', () => asSystem(() => collection.drop({ comment: 'voho:work.claim' }))],
      ['an index', () => asSystem(() => collection.createIndex({ x: 1 }, {}, {}))],
    ];
    for (const [what, attempt] of attempts) {
      const lock = await attempt().then(
        () => 'none',
        (error: unknown) => (error as Loose).lock as string,
      );
      expect([what, lock]).toEqual([what, 'wire']);
    }
    const rows = await asSystem(() => collection.find({}, { comment: 'voho:work.claim' }).toArray());
    expect(rows).toHaveLength(4);
  });
});
