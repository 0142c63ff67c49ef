import { createContext, runInContext } from 'node:vm';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { mongo } from 'mongoose';
import { CALL_EVENTS } from '../../src/events/call-event.schema.js';
import { fromPublicId } from '../../src/ids/public-id.js';
import { MONGO_CONNECTION, SWEEPER_CONNECTION } from '../../src/mongo/mongo.tokens.js';
import { newObjectId } from '../../src/mongo/object-id.js';
import { UnitOfWork } from '../../src/mongo/unit-of-work.js';
import { Sweeper } from '../../src/tenancy/sweeper.js';
import { testEngines } from '../kit/engines.js';
import { FEED, inTenant, tenantIdOf } from '../kit/events.js';
import { type LockedMongod, startLockedMongod } from '../kit/locked-mongod.js';
import { operate } from '../kit/operate.js';
import { type OutsideDatabase, outsideDatabase } from '../kit/outside.js';
import { seedTenant, type SeededTenant, startCall } from '../kit/seed.js';
import { startTestServer, type TestServer } from '../kit/server.js';
import { findAll, tracesOf } from '../kit/traces.js';
import { until } from '../kit/until.js';

const VERIFY = '{ verifyAuditLog { isIntact } auditEvents { totalCount } }';
const AUDIT = ['auditEvents', 'auditChain'] as const;
const NOT_ALLOWED = 13;

type Command = mongo.Document;

/** Does what mongosh does with a script: hands `db` to it, and sends what it asks for. Returns the commands. */
async function asInMongosh(script: string, database: mongo.Db): Promise<readonly Command[]> {
  const { roles } = await database.command({ rolesInfo: 1 });
  const present = new Set((roles as { role: string }[]).map(({ role }) => role));
  const commands: Command[] = [];
  const shell = {
    getSiblingDB(name: string) {
      expect(name).toBe(database.databaseName);
      return shell;
    },
    getRole: (role: string) => (present.has(role) ? { role } : null),
    createRole: ({ role, ...rest }: Command) => commands.push({ createRole: role, ...rest }),
    updateRole: (role: string, rest: Command) => commands.push({ updateRole: role, ...rest }),
  };
  runInContext(script, createContext({ db: shell }));
  for (const command of commands) await database.command(JSON.parse(JSON.stringify(command)) as Command);
  return commands;
}

describe('A database whose users have the roles that the operator makes', () => {
  let mongod: LockedMongod;
  let server: TestServer;
  let asAdministrator: OutsideDatabase;
  let asServer: OutsideDatabase;
  let asSweeper: OutsideDatabase;
  let script: string;
  const stores = {
    REDIS_URL: testEngines().redisUrl,
    JWT_SECRET: 'gkHhk2Vq0cXl5nQm8dTzYwR3sJ7uB1eF',
    MASTER_KEY: 'P4tLw9ZrNx2yUe6GvKj8QmSb5oCi1hAd',
  };
  const voho = (user: string, ...args: string[]) =>
    operate({ settings: { ...stores, MONGODB_URI: mongod.uriFor(user, `of-${user}`) } }, args);

  beforeAll(async () => {
    mongod = await startLockedMongod();
    const add = (user: string, role: string | { role: string; db: string }) =>
      mongod.db.command({ createUser: user, pwd: `of-${user}`, roles: [role] });
    await add('owner', 'dbAdmin');
    expect(await voho('owner', 'database', 'prepare')).toMatchObject({ code: 0, err: '' });
    await add('administrator', { role: 'userAdminAnyDatabase', db: 'admin' });
    script = (await voho('administrator', 'database', 'roles')).out;
    asAdministrator = outsideDatabase(mongod.uriFor('administrator', 'of-administrator'));
    await asInMongosh(script, asAdministrator.db);
    await add('server', 'vohoServer');
    await add('sweeper', 'vohoSweeper');
    const MONGODB_URI = mongod.uriFor('server', 'of-server');
    const MONGODB_SWEEPER_URI = mongod.uriFor('sweeper', 'of-sweeper');
    asServer = outsideDatabase(MONGODB_URI);
    asSweeper = outsideDatabase(MONGODB_SWEEPER_URI);
    server = await startTestServer({ env: { MONGODB_URI, MONGODB_SWEEPER_URI } });
  });
  afterAll(async () => {
    for (const client of [asAdministrator, asServer, asSweeper]) await client.close();
    await server.stop();
    await mongod.stop();
  });

  /** A call that has been through everything. */
  async function settledCall({ admin }: SeededTenant): Promise<string> {
    const { id } = await startCall(admin.client);
    const stream = admin.client.subscribe(FEED, { callId: id, after: '' });
    await stream.until(({ values }) =>
      ['CallTranscriptSettled', 'CallSummaryReady', 'CallRecordingReady'].every(type =>
        values.some(({ callEvents }) => callEvents.__typename === type),
      ),
    );
    stream.stop();
    return id as string;
  }

  it('serves: a call is played to its end, and what was done stands in an intact audit log', async () => {
    const tenant = await seedTenant(server);
    await settledCall(tenant);
    const { verifyAuditLog, auditEvents } = await tenant.admin.client.data(VERIFY);
    expect(verifyAuditLog.isIntact).toBe(true);
    expect(auditEvents.totalCount).toBeGreaterThan(1);
    const tenantId = tenantIdOf(tenant);
    for (const name of [...AUDIT, 'callEvents'])
      expect(await mongod.db.collection(name).countDocuments({ tenantId })).toBeGreaterThan(1);
  });

  it('loses the events that are past their retention, by the sweeper', async () => {
    const tenant = await seedTenant(server);
    const callId = fromPublicId('call', await settledCall(tenant));
    const lastEventAt = new Date(Date.now() - 8 * 86_400_000);
    await mongod.db.collection('calls').updateOne({ _id: callId as object }, { $set: { lastEventAt } });
    await tenant.admin.client.data('mutation { updateTenant(input: { retentionDays: 7 }) { id } }');
    await until(
      async () => (await mongod.db.collection('callEvents').countDocuments({ callId })) === 0,
      'no event is left',
    );
    expect((await tenant.admin.client.data(VERIFY)).verifyAuditLog.isIntact).toBe(true);
  });

  it('keeps nothing of a tenant that is deleted, its audit log included', async () => {
    const tenant = await seedTenant(server);
    await settledCall(tenant);
    const texts = [tenantIdOf(tenant).toHexString(), tenant.subdomain];
    expect(findAll(await tracesOf(server), texts).join()).toContain('auditChain');
    await tenant.admin.client.data('mutation ($name: String!) { deleteTenant(confirmSubdomain: $name) }', {
      name: tenant.subdomain,
    });
    await until(async () => findAll(await tracesOf(server), texts).length === 0, 'nothing is left');
  });

  /** Everything that changes or removes rows of a collection, or lets them be removed. */
  const CHANGES: Readonly<Record<string, (collection: string) => Command>> = {
    update: name => ({ update: name, updates: [{ q: {}, u: { $set: { action: 'forged' } }, multi: true }] }),
    'an update by a pipeline': name => ({
      update: name,
      updates: [{ q: {}, u: [{ $set: { action: 'forged' } }] }],
    }),
    'findAndModify with an update': name => ({
      findAndModify: name,
      query: {},
      update: { $set: { hash: '' } },
    }),
    $merge: name => ({ aggregate: 'tenants', pipeline: [{ $merge: { into: name } }], cursor: {} }),
  };
  const REMOVALS: typeof CHANGES = {
    delete: name => ({ delete: name, deletes: [{ q: {}, limit: 0 }] }),
    'findAndModify that removes': name => ({ findAndModify: name, query: {}, remove: true }),
    $out: name => ({ aggregate: 'tenants', pipeline: [{ $out: name }], cursor: {} }),
    drop: name => ({ drop: name }),
    collMod: name => ({ collMod: name, validator: {} }),
    'createIndexes, by which rows expire': name => ({
      createIndexes: name,
      indexes: [{ key: { occurredAt: 1 }, name: 'expiry', expireAfterSeconds: 1 }],
    }),
    dropIndexes: name => ({ dropIndexes: name, index: '*' }),
    convertToCapped: name => ({ convertToCapped: name, size: 4096 }),
    dropDatabase: () => ({ dropDatabase: 1 }),
  };
  const REFUSED = [
    ...AUDIT.flatMap(name =>
      Object.entries({ ...CHANGES, ...REMOVALS }).map(([what, of]) => ({ what, name, of })),
    ),
    ...Object.entries(REMOVALS).map(([what, of]) => ({ what, name: 'callEvents', of })),
  ];

  it.each(REFUSED)("S58 refuses to the server's user $what on $name", async ({ name, of }) => {
    await expect(asServer.db.command(of(name))).rejects.toMatchObject({ code: NOT_ALLOWED });
  });

  it("S58 refuses to the server's user to write around the validators, to rename, and to take more rights", async () => {
    const refused: readonly [mongo.Db, Command][] = [
      [asServer.db, { insert: 'auditEvents', documents: [{}], bypassDocumentValidation: true }],
      [
        asServer.client.db('admin'),
        {
          renameCollection: `${asServer.db.databaseName}.auditEvents`,
          to: `${asServer.db.databaseName}.old`,
        },
      ],
      [asServer.db, { grantRolesToUser: 'server', roles: ['dbOwner'] }],
      [asServer.db, { updateRole: 'vohoServer', roles: ['dbOwner'] }],
      [asServer.db, { createUser: 'other', pwd: 'other', roles: ['vohoSweeper'] }],
    ];
    for (const [db, command] of refused)
      await expect(db.command(command)).rejects.toMatchObject({ code: NOT_ALLOWED });
  });

  it('lets the sweeper remove, and do nothing else', async () => {
    const others: readonly Command[] = [...AUDIT, 'callEvents'].flatMap(name => [
      { find: name },
      { insert: name, documents: [{ tenantId: newObjectId() }] },
      ...Object.values(CHANGES).map(of => of(name)),
      { drop: name },
    ]);
    const elsewhere: readonly Command[] = [
      { find: 'users' },
      { delete: 'users', deletes: [{ q: {}, limit: 0 }] },
      { listCollections: 1 },
    ];
    for (const command of [...others, ...elsewhere])
      await expect(asSweeper.db.command(command)).rejects.toMatchObject({ code: NOT_ALLOWED });
    for (const name of [...AUDIT, 'callEvents']) {
      const nobody = { delete: name, deletes: [{ q: { tenantId: 'nobody' }, limit: 0 }] };
      expect(await asSweeper.db.command(nobody)).toMatchObject({ ok: 1, n: 0 });
    }
  });

  it("has the sweeper's connection behind the same walls, and outside every transaction", async () => {
    const tenant = await seedTenant(server);
    const sweeper = server.app.get(Sweeper);
    expect(server.app.get(SWEEPER_CONNECTION)).not.toBe(server.app.get(MONGO_CONNECTION));
    await expect(sweeper.remove(CALL_EVENTS, {})).rejects.toMatchObject({
      name: 'IsolationError',
      lock: 'hook',
    });
    const raw = server.app.get(SWEEPER_CONNECTION).collection('callEvents');
    await expect(inTenant(server, tenant, async () => raw.deleteMany({}))).rejects.toMatchObject({
      name: 'IsolationError',
      lock: 'wire',
    });
    await expect(
      inTenant(server, tenant, () =>
        server.app.get(UnitOfWork).run(() => sweeper.remove(CALL_EVENTS, { position: 1 })),
      ),
    ).rejects.toThrow('transaction');
  });

  it('has a right on each of its collections, and roles that are brought up to date', async () => {
    const commands = await asInMongosh(script, asAdministrator.db);
    expect(commands.map(command => Object.keys(command)[0])).toEqual(['updateRole', 'updateRole']);
    const privileges = commands[0]?.['privileges'] as { resource: { collection: string } }[];
    const granted = privileges.map(({ resource }) => resource.collection).filter(name => name !== '');
    const present = (await mongod.db.listCollections().toArray()).map(({ name }) => name);
    expect(granted.sort()).toEqual(present.filter(name => !name.startsWith('system.')).sort());
  });

  it('is prepared by who may, and a server that may not says so', async () => {
    const MONGODB_URI = mongod.uriFor('server', 'of-server').replace('/voho?', '/empty?authSource=voho&');
    const { code, err } = await operate({ settings: { ...stores, MONGODB_URI } }, ['database', 'prepare']);
    expect([code, err]).toEqual([
      1,
      expect.stringContaining('run `voho database prepare` as a user who may'),
    ]);
  });
});
