import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Command } from '../../src/mongo/command-guard.js';
import { connectMongo } from '../../src/mongo/mongo-connection.js';
import { BreakableLine } from '../kit/breakable-line.js';
import { testEngines } from '../kit/engines.js';
import { seedTenant, type SeededTenant } from '../kit/seed.js';
import { startTestServer, type TestServer } from '../kit/server.js';

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
      await tenant.admin.client.send(query);
      line.stall();
      const startedAt = performance.now();
      const answer = await tenant.admin.client.send(query).finally(() => {
        line.resume();
      });
      const took = performance.now() - startedAt;
      expect(answer.errors?.map(({ extensions }) => extensions.code)).toContain('UNAVAILABLE');
      expect(answer.errors?.every(({ extensions }) => extensions.retryAfterSeconds)).toBe(true);
      expect(took).toBeLessThan(11_000);
      let later = await tenant.admin.client.send(query);
      for (let tries = 0; later.errors && tries < 50; tries += 1) {
        await new Promise(resolve => setTimeout(resolve, 200));
        later = await tenant.admin.client.send(query);
      }
      expect(later.errors).toBeUndefined();
    },
  );
});
