import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { VIEWER_LIFETIME_MS } from '../../src/auth/viewer-cache.js';
import type { Command } from '../../src/mongo/command-guard.js';
import { connectMongo } from '../../src/mongo/mongo-connection.js';
import { BreakableLine } from '../kit/breakable-line.js';
import { testEngines } from '../kit/engines.js';
import { rawSocket } from '../kit/raw-socket.js';
import { PASSWORD, seedTenant, type SeededTenant } from '../kit/seed.js';
import { startTestServer, type TestServer } from '../kit/server.js';
import { type Reply, TRANSPORTS } from '../kit/transports.js';
import { until } from '../kit/until.js';

/** What a connection sends for a read, a write, and a transaction with both, as it stands on the wire. */
async function sent(options: string): Promise<Command['body'][]> {
  const uri = new URL(testEngines().mongodbUri);
  const given = uri.searchParams.size > 0 ? `${uri.href}&${options}` : `${uri.href}?${options}`;
  const commands: Command[] = [];
  const connection = await connectMongo(given, { check: command => commands.push(command) });
  try {
    const rows = connection.collection('rows');
    await rows.insertOne({ is: 'there' });
    await rows.findOne({ is: 'there' });
    await rows.countDocuments({});
    await connection.transaction(async session => {
      await rows.updateOne({ is: 'there' }, { $set: { is: 'changed' } }, { session });
    });
    await connection.getClient().db().dropDatabase();
  } finally {
    await connection.close();
  }
  return commands.map(({ body }) => body);
}

const LOG_IN =
  'mutation ($email: String!, $password: String!) { logIn(input: { email: $email, password: $password }) { accessToken } }';
const CREATE_CALL = 'mutation { createCall(input: { systemPrompt: "Greet." }) { id } }';

/** Between the deadline of an operation, 10 s, and the 18 s that the driver may wait for one read. */
const LATE_MS = 14_000;

/** The code of the first error, if its receiver is told when to come back. */
const codeOf = ({ errors }: Pick<Reply, 'errors'>) =>
  errors?.[0]?.extensions.retryAfterSeconds === undefined ? errors : errors[0].extensions.code;

const [, , [, streamed]] = TRANSPORTS as readonly [unknown, unknown, (typeof TRANSPORTS)[number]];

const MAJORITY = { w: 'majority', j: true };

describe('The address of the database', () => {
  it.each([
    'readConcernLevel=local',
    'READCONCERNLEVEL=available',
    'readConcern%4Cevel=linearizable',
    'journal=false',
    'journal=false&w=1&wtimeoutMS=1',
    'w=0',
    'w=majority&wtimeout=1',
    'j=false',
    'wtimeoutMS=1',
    'readPreference=secondary',
    'readPreference=secondaryPreferred&readPreferenceTags=dc:ny&maxStalenessSeconds=120',
    'readPreference=nearest&maxStalenessSeconds=90',
    'retryWrites=false&retryReads=false',
    'timeoutMS=1&socketTimeoutMS=1&serverSelectionTimeoutMS=1&waitQueueTimeoutMS=1',
    'readConcernLevel=local&readConcernLevel=majority',
    'appName=mine',
  ])('says nothing of what a read and a write are worth: %s', async options => {
    const commands = await sent(options);
    const of = (name: string) => commands.find(body => name in body);
    for (const name of ['find', 'aggregate'])
      expect(of(name)?.['readConcern']).toEqual({ level: 'majority' });
    expect(of('insert')?.['writeConcern']).toEqual(MAJORITY);
    // The driver adds a bound of its own to commits.
    expect(of('commitTransaction')?.['writeConcern']).toEqual({ ...MAJORITY, wtimeout: 10_000 });
    expect(of('insert')).toHaveProperty('txnNumber');
    for (const body of commands)
      expect([undefined, 'primary', 'primaryPreferred']).toContain(
        (body['$readPreference'] as { mode?: string } | undefined)?.mode,
      );
  });

  it('says nothing of it for the user that only removes either', async () => {
    const { mongodbUri } = testEngines();
    const weak = `${mongodbUri}${mongodbUri.includes('?') ? '&' : '?'}w=1&journal=false&readConcernLevel=local`;
    const server = await startTestServer({ env: { MONGODB_URI: weak, MONGODB_SWEEPER_URI: weak } });
    const { SWEEPER_CONNECTION } = await import('../../src/mongo/mongo.tokens.js');
    const { readConcern, writeConcern } = server.app.get(SWEEPER_CONNECTION).getClient().options;
    await server.stop();
    expect([readConcern.level, writeConcern.w, writeConcern.journal]).toEqual(['majority', 'majority', true]);
  });
});

describe('A database that stops answering', () => {
  let line: BreakableLine;
  let server: TestServer;
  let tenant: SeededTenant;

  beforeAll(async () => {
    const uri = new URL(testEngines().mongodbUri);
    line = await BreakableLine.to(`http://${uri.host}`);
    uri.host = new URL(line.url).host;
    uri.search = '?directConnection=true';
    server = await startTestServer({ env: { MONGODB_URI: uri.href } });
    tenant = await seedTenant(server);
  }, 60_000);
  afterAll(async () => {
    line.resume();
    await server.stop();
    await line.close();
  });

  /** What is said of each request that is made while the database is silent; 'late' beyond its deadline. */
  async function codesOf(
    fail: () => void,
    asks: Readonly<Record<string, () => Promise<unknown>>>,
  ): Promise<(readonly [name: string, code: unknown])[]> {
    fail();
    const done = new AbortController();
    const late = sleep(LATE_MS, 'late', { signal: done.signal }).catch(() => 'late');
    const codes = Object.entries(asks).map(async ([name, ask]) => {
      const code: unknown = await Promise.race([ask(), late]);
      return [name, code] as const;
    });
    const said = await Promise.all(codes);
    done.abort();
    line.slow(0);
    line.resume();
    await until(
      async () => !(await tenant.admin.client.send('{ calls { totalCount } }')).errors,
      'the database again',
    );
    return said;
  }

  it.each([
    ['one read', '{ viewer { id } }'],
    ['reads in a row', '{ calls(first: 5) { totalCount nodes { id agent { id } } } }'],
    [
      'many reads at once',
      '{ a: calls { totalCount } b: agents { totalCount } c: users { totalCount } tenant { id } d: auditEvents { totalCount } }',
    ],
    ['figures', '{ dashboard { activeCalls } }'],
  ])(
    'is told as UNAVAILABLE within one deadline by a query of %s, which works again afterwards',
    async (_what, query) => {
      await tenant.admin.client.data(query);
      const said = await codesOf(() => line.stall(), {
        query: async () => codeOf(await tenant.admin.client.send(query)),
      });
      expect(said).toEqual([['query', 'UNAVAILABLE']]);
      await tenant.admin.client.data(query);
    },
  );

  describe.each([
    ['is silent', () => line.stall()],
    // Each look-up comes in time, and all of one request together do not.
    ['answers each command after four seconds', () => line.slow(4000)],
  ])('and %s', (_how, fail) => {
    it('is told as UNAVAILABLE within one deadline to senders that nothing is known of, at every door', async () => {
      const { createApiKey } = await tenant.admin.client.data(
        'mutation { createApiKey(input: { name: "key", scopes: [CALLS_READ] }) { secret } }',
      );
      const key = createApiKey.secret as string;
      const { accessToken, email } = tenant.admin;
      const query = '{ calls { totalCount } }';
      const byName = server.client({ tenantSubdomain: tenant.subdomain });
      const closingOf = async (token: string) => {
        const socket = await rawSocket(server.url);
        socket.send({ type: 'connection_init', payload: { authorization: `Bearer ${token}` } });
        return socket
          .message(({ type }) => type === 'connection_ack')
          .then(
            () => 'let in',
            async () => (await socket.closing()).reason,
          );
      };
      // What has been read of viewers counts for so long.
      await sleep(VIEWER_LIFETIME_MS + 200);
      const said = await codesOf(fail, {
        'HTTP, session': async () => codeOf(await server.client({ accessToken }).send(query)),
        'HTTP, API key': async () => codeOf(await server.client({ accessToken: key }).send(query)),
        'HTTP, log-in': async () => codeOf(await byName.send(LOG_IN, { email, password: PASSWORD })),
        'stream, session': async () => codeOf(await streamed(server.url, { query }, accessToken)),
        'stream, API key': async () => codeOf(await streamed(server.url, { query }, key)),
        'socket, session': () => closingOf(accessToken),
        'socket, API key': () => closingOf(key),
      });
      expect(said).toEqual(said.map(([name]) => [name, 'UNAVAILABLE']));
    });
  });

  it('is told as UNAVAILABLE within one deadline to changes and to new subscriptions', async () => {
    const { accessToken, client } = tenant.admin;
    const { createCall } = await client.data(CREATE_CALL);
    const socket = await (await rawSocket(server.url)).init({ authorization: `Bearer ${accessToken}` });
    const follow = 'subscription { callEvents { cursor } }';
    const asks: Record<string, () => Promise<unknown>> = {
      'a subscription of a socket': async () => codeOf(await socket.run('1', follow)),
      'a subscription by a stream': async () =>
        codeOf(await streamed(server.url, { query: follow }, accessToken)),
    };
    for (const [name, mutation] of [
      ['createCall', CREATE_CALL],
      ['endCall', `mutation { endCall(id: "${createCall.id as string}") { id } }`],
      ['updateTenant', 'mutation { updateTenant(input: { name: "Another" }) { id } }'],
    ] as const)
      for (const [door, send] of TRANSPORTS.filter(([transport]) => transport !== 'WebSocket'))
        asks[`${name} over ${door}`] = async () =>
          codeOf(await send(server.url, { query: mutation }, accessToken));
    asks['createCall over a socket'] = async () => codeOf(await socket.run('2', CREATE_CALL));
    await client.data('{ viewer { id } }');
    const said = await codesOf(() => line.stall(), asks);
    expect(said).toEqual(said.map(([name]) => [name, 'UNAVAILABLE']));
    socket.end();
  });
});
