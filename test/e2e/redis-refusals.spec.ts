import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import { redisKey } from '../../src/redis/redis-keys.js';
import { FEED, heardBy, produceEvents, sequencesByCall, tenantIdOf, upTo } from '../kit/events.js';
import { startServerProcess } from '../kit/process.js';
import { PASSWORD, seedTenant, type SeededTenant, startCall } from '../kit/seed.js';
import { startTestServer, type TestServer } from '../kit/server.js';
import { until } from '../kit/until.js';
import { Valkey } from '../kit/valkey.js';

const LOG_IN = `mutation ($input: LogInInput!) { logIn(input: $input) { accessToken } }`;
const DELTAS = 'subscription ($id: ID!) { transcriptDeltas(callId: $id) { text } }';

// A rejection that nobody handles fails the test by itself: the test runner listens for it.
describe('A Redis that refuses', () => {
  let valkey: Valkey;
  let admin: Redis;
  let server: TestServer;
  let tenant: SeededTenant;

  beforeAll(async () => {
    valkey = await Valkey.start('--busy-reply-threshold', '20');
    admin = new Redis(valkey.url);
    await grant('allchannels');
    server = await startTestServer({ env: { REDIS_URL: valkey.urlFor('voho', 'secret') } });
    tenant = await seedTenant(server);
  });
  afterAll(async () => {
    await server.stop();
    admin.disconnect();
    await valkey.kill();
  });

  /** Gives the server's user everything but what the rules take away again. */
  const grant = (...rules: string[]) =>
    admin.acl('SETUSER', 'voho', 'reset', 'on', '>secret', '~*', '+@all', ...rules);

  const metric = async (line: string) => {
    const text = await (await fetch(`${server.url}/metrics`)).text();
    return Number(new RegExp(`^${line} (\\d+)$`, 'm').exec(text)?.[1] ?? 0);
  };
  const faults = (command: string, fault: string) =>
    metric(`voho_redis_faults_total\\{command="${command}",fault="${fault}"\\}`);

  /** Has events made and heard, over the very stream that is open. */
  async function hears(stream: ReturnType<SeededTenant['admin']['client']['subscribe']>): Promise<void> {
    const callId = await produceEvents(server, tenant, { count: 20 });
    await stream.until(() => sequencesByCall(heardBy(stream))[callId]?.length === 20);
    expect(sequencesByCall(heardBy(stream as never))[callId]).toEqual(upTo(20));
  }
  const follow = () => tenant.admin.client.subscribe(FEED, { after: '' });

  it('rights on channels costs notifications alone: events arrive, it is counted, and rights given later count', async () => {
    await grant('resetchannels');
    const stream = follow();
    const deltas = tenant.admin.client.subscribe(DELTAS, { id: (await startCall(tenant.admin.client)).id });
    await hears(stream);
    await until(async () => (await faults('subscribe', 'NOPERM')) > 0, 'a refused subscription is counted');
    await until(async () => (await faults('publish', 'NOPERM')) > 0, 'a refused notification is counted');
    expect(deltas.errors).toEqual([]);

    await grant('allchannels');
    await until(
      async () => (await channels()).some(name => name.endsWith(':feed')),
      'it is subscribed again',
    );
    await hears(stream);
    deltas.stop();
    stream.stop();
  });

  it('channels that were given before, with the streams that stand on them', async () => {
    const stream = follow();
    await hears(stream);
    await until(async () => (await channels()).length > 0, 'it is subscribed');
    await grant('resetchannels');
    await hears(stream);
    await hears(follow());
    await grant('allchannels');
    stream.stop();
  });

  it('one channel alone leaves the others heard', async () => {
    const call = await startCall(tenant.admin.client);
    await grant('resetchannels', '&*:feed');
    const [stream, deltas] = [follow(), tenant.admin.client.subscribe(DELTAS, { id: call.id })];
    await until(
      async () => (await channels()).some(name => name.endsWith(':feed')),
      'the feed is subscribed',
    );
    await hears(stream);
    expect((await channels()).filter(name => name.includes(':deltas'))).toEqual([]);
    await grant('allchannels');
    await until(async () => (await channels()).some(name => name.includes(':deltas')), 'the deltas too');
    deltas.stop();
    stream.stop();
  });

  it('everything while a script runs: events arrive meanwhile, and requests are answered', async () => {
    const stream = follow();
    const busy = new Redis(valkey.url);
    const script = busy.eval('while true do end', 0).catch((error: unknown) => (error as Error).message);
    await until(
      () =>
        admin.ping().then(
          () => false,
          () => true,
        ),
      'Redis is busy',
    );
    const late = follow();
    await hears(stream);
    await hears(late);
    expect((await tenant.admin.client.data('{ viewer { id } }')).viewer.id).toBe(tenant.admin.id);
    await admin.call('SCRIPT', 'KILL');
    expect(await script).toContain('killed');
    busy.disconnect();
    expect(await faults('publish', 'BUSY')).toBeGreaterThan(0);
    await until(
      async () => (await channels()).some(name => name.endsWith(':feed')),
      'it is subscribed again',
    );
    for (const each of [stream, late]) each.stop();
  });

  it.each([
    ['-@scripting'],
    ['-evalsha', '-eval'],
    ['-publish', '-subscribe'],
    ['-info', '-hello', '-client', '-cluster'],
  ])('the commands of %s, without a request or an event that fails', async (...rules) => {
    await grant('allchannels', ...rules);
    const stream = follow();
    await startCall(tenant.admin.client);
    await hears(stream);
    stream.stop();
    await grant('allchannels');
  });

  it('to make sense: what strangers write into a channel ends nothing', async () => {
    const call = await startCall(tenant.admin.client);
    const [stream, deltas] = [follow(), tenant.admin.client.subscribe(DELTAS, { id: call.id })];
    await until(async () => (await channels()).some(name => name.includes(':deltas')), 'it is subscribed');
    for (const text of ['null', '17', '{', '', '{"ordinal":{}}']) {
      for (const name of await channels()) await admin.publish(name, text);
      await admin.publish(redisKey(tenantIdOf(tenant), 'queue'), text);
    }
    await hears(stream);
    for (const each of [stream, deltas]) each.stop();
  });

  it('does not end a process that is started without rights on channels, as Redis 7 makes its users', async () => {
    await admin.acl('SETUSER', 'plain', 'on', '>secret', '~*', '+@all');
    const process = await startServerProcess({ REDIS_URL: valkey.urlFor('plain', 'secret') });
    const own = await seedTenant(process);
    const streams = ['', null].map(after => own.admin.client.subscribe(FEED, { after }));
    const call = await startCall(own.admin.client);
    for (const stream of streams) await stream.value(({ callEvents }) => callEvents.callId === call.id);
    for (const stream of streams) stream.stop();
    expect(process.lines().filter(line => line.includes('NOPERM')).length).toBeGreaterThan(0);
    expect(process.errors()).not.toContain('    at ');
    expect(await process.stop()).toBe(0);
  });

  it('to answer holds a log-in up once, and counts again soon after it has come back', async () => {
    const input = { email: tenant.admin.email, password: PASSWORD };
    const client = server.client({ tenantSubdomain: tenant.subdomain });
    await client.data(LOG_IN, { input });
    valkey.freeze();
    const startedAt = performance.now();
    await client.data(LOG_IN, { input });
    const first = performance.now() - startedAt;
    await client.data(LOG_IN, { input });
    const second = performance.now() - startedAt - first;
    const readiness = await (await fetch(`${server.url}/health/ready`)).json();
    valkey.thaw();
    expect(first).toBeLessThan(4000);
    expect(second).toBeLessThan(1500);
    expect(readiness).toMatchObject({ status: 'degraded', redis: false });
    expect(await metric('voho_redis_faults_total\\{command="evalsha",fault="timeout"\\}')).toBeGreaterThan(0);
    await until(async () => (await metric('voho_redis_up')) === 1, 'commands are sent again');
    const stream = follow();
    await hears(stream);
    stream.stop();
  });

  const channels = async () =>
    (await admin.pubsub('CHANNELS', `t:${tenantIdOf(tenant).toHexString()}:*`)) as string[];
});
