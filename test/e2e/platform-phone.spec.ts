import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type Simulator, startSimulator } from '../../src/simulator/start-simulator.js';
import type { Client, Loose } from '../kit/client.js';
import { operate } from '../kit/operate.js';
import { callWithStatus, seedTenant, type SeededTenant, startCall } from '../kit/seed.js';
import { startTestServer, type TestServer } from '../kit/server.js';
import { stored } from '../kit/stored.js';

const CALL = 'mutation ($input: CreateCallInput!) { createCall(input: $input) { id status } }';
const GERMAN = '+4915112345678';
const codeOf = (answer: { errors?: readonly { extensions: { code: string } }[] }) =>
  answer.errors?.[0]?.extensions.code;

describe("Phone calls on the platform's provider account", () => {
  let provider: Simulator;
  let server: TestServer;
  let tenant: SeededTenant;
  let client: Client;

  beforeAll(async () => {
    // To the server it is the real provider.
    provider = await startSimulator({ speed: 20 });
    server = await startTestServer({
      env: {
        ULTRAVOX_BASE_URL: provider.url,
        ULTRAVOX_API_KEY: 'platform.0123456789abcdef',
        PHONE_CALLER_ID: '+12025550100',
      },
    });
  });
  beforeEach(async () => {
    tenant = await seedTenant(server);
    ({ client } = tenant.admin);
  });
  afterAll(async () => {
    await server.stop();
    await provider.stop();
  });

  const voho = (...args: string[]) => operate(server, args);
  const allow = async (...options: string[]) => {
    const { code, out, err } = await voho(
      'tenants',
      'phone',
      tenant.subdomain,
      '--platform-account',
      ...options,
    );
    expect([code, err]).toEqual([0, '']);
    return out;
  };
  const dial = (phoneNumber: string, over: Record<string, unknown> = {}) =>
    client.send(CALL, { input: { systemPrompt: 'Hello.', medium: 'PHONE', phoneNumber, ...over } });
  const simulator = async (path: string, body?: object): Promise<Loose> => {
    const headers = { 'x-api-key': 'any', 'content-type': 'application/json' };
    const init = body ? { method: 'POST', body: JSON.stringify(body), headers } : { headers };
    return (await fetch(`${provider.url}${path}`, init)).json();
  };
  const madeAtProvider = async (id: string): Promise<Loose[]> =>
    (await simulator(`/api/calls?metadata.vohoCallId=${id}`)).results;
  const calls = async () =>
    (await client.data('{ calls(first: 50) { nodes { id } } }')).calls.nodes as Loose[];

  it.each([GERMAN, '+12025550123', '+881612345678', '+19005551234'])(
    'are refused without the operator’s word, before anything is stored: %s',
    async number => {
      expect(codeOf(await dial(number))).toBe('FORBIDDEN');
      expect(await calls()).toEqual([]);
      const rows = await stored(server, { tenantHex: await idOf(tenant) });
      expect(rows['phoneCounters'] ?? []).toEqual([]);
      expect(codeOf(await client.send(CALL, { input: { systemPrompt: 'Hello.' } }))).toBeUndefined();
    },
  );

  it('go to the countries that the operator has named, and to no others', async () => {
    expect(await allow('--countries', 'DE,us')).toContain('dials DE, US on the platform');
    for (const number of [GERMAN, '+12025550123', '+18005551234'])
      expect([number, codeOf(await dial(number))]).toEqual([number, undefined]);
    const before = (await calls()).length;
    const refused = [
      '+442071838750',
      '+18765551234',
      '+16135550123',
      '+15555550100',
      '+870773111632',
      '+881612345678',
      '+88213312345',
      '+883510012345',
      '+979123456789',
      '+19005551234',
      '+499001234567',
      '+999123456789',
    ];
    for (const number of refused) expect([number, codeOf(await dial(number))]).toEqual([number, 'FORBIDDEN']);
    // A trunk prefix in the middle: the carrier may read another number than the list was asked about.
    expect(codeOf(await dial('+4902011234567'))).toBe('BAD_USER_INPUT');
    expect(await calls()).toHaveLength(before);
  });

  it('go to satellites and premium numbers that are named, and to the country of a shared code alone', async () => {
    await allow('--countries', 'GG,KZ,DE:premium,+881');
    for (const number of ['+447781123456', '+77012345678', '+499001234567', '+881612345678'])
      expect([number, codeOf(await dial(number))]).toEqual([number, undefined]);
    for (const number of ['+442071838750', '+447797712345', '+79161234567', GERMAN, '+870773111632'])
      expect([number, codeOf(await dial(number))]).toEqual([number, 'FORBIDDEN']);
  });

  it.each([
    ['of the tenant', ['--calls-per-minute', '2'], [GERMAN, '+12025550123', '+33123456789']],
    ['to a country', ['--country-calls-per-minute', '2'], [GERMAN, '+4915112345679', '+4915112345670']],
    ['to a number', ['--number-calls-per-minute', '2'], [GERMAN, GERMAN, GERMAN]],
  ])('have a bound of calls a minute %s', async (_what, options, numbers) => {
    await allow('--countries', 'DE,US,FR', ...options);
    await untilMinuteIsYoung();
    const answers = [];
    for (const number of numbers) answers.push(await dial(number));
    expect(answers.map(codeOf)).toEqual([undefined, undefined, 'RATE_LIMITED']);
    const wait = (answers[2]?.errors?.[0]?.extensions as Loose).retryAfterSeconds as number;
    expect(wait).toBeGreaterThan(0);
    expect(wait).toBeLessThanOrEqual(60);
    expect(await calls()).toHaveLength(2);
    // Deleting the calls frees nothing.
    for (const { id } of await calls()) {
      await client.data('mutation ($id: ID!) { endCall(id: $id) { id } }', { id });
      await callWithStatus(client, id as string, 'COMPLETED', 'ENDED', 'FAILED');
      await client.data('mutation ($id: ID!) { deleteCall(id: $id) }', { id });
    }
    expect(codeOf(await dial(numbers[2] ?? ''))).toBe('RATE_LIMITED');
  });

  it('are counted exactly when they are asked for at the same time, and once for one idempotency key', async () => {
    await allow('--countries', 'DE', '--number-calls-per-minute', '3');
    await untilMinuteIsYoung();
    const same = await Promise.all([1, 2].map(() => dial(GERMAN, { idempotencyKey: 'once' })));
    expect(new Set(same.map(({ data }) => data.createCall.id as string)).size).toBe(1);
    const codes = (await Promise.all([1, 2, 3, 4, 5, 6].map(() => dial(GERMAN)))).map(codeOf);
    expect(codes.filter(code => code === undefined)).toHaveLength(2);
    expect(codes.filter(code => code === 'RATE_LIMITED')).toHaveLength(4);
  });

  it.each([
    ['of the tenant', '--minutes-per-day', 'US'],
    ['to a country', '--country-minutes-per-day', 'DE'],
    ['to a number', '--number-minutes-per-day', 'DE'],
  ])('have a bound of billed minutes a day %s', async (_what, option, _country) => {
    await allow('--countries', 'DE,US', option, '1', '--number-calls-per-minute', '100');
    let code: string | undefined;
    let made = 0;
    for (; made < 15 && code === undefined; made += 1) {
      const answer = await dial(GERMAN);
      code = codeOf(answer);
      if (code === undefined)
        await callWithStatus(client, answer.data.createCall.id as string, 'COMPLETED', 'FAILED');
    }
    expect(code).toBe('QUOTA_EXCEEDED');
    expect(made).toBeGreaterThan(1);
    const elsewhere = codeOf(await dial('+12025550123'));
    expect(elsewhere).toBe(option === '--minutes-per-day' ? 'QUOTA_EXCEEDED' : undefined);
    const another = codeOf(await dial('+4915112345670'));
    expect(another).toBe(option === '--number-minutes-per-day' ? undefined : 'QUOTA_EXCEEDED');
  });

  it('last no longer than the minutes that are left', async () => {
    await allow('--countries', 'DE', '--number-minutes-per-day', '2');
    const { id } = await startCall(client, {
      medium: 'PHONE',
      phoneNumber: GERMAN,
      maxDurationSeconds: 86_400,
    });
    expect(await madeAtProvider(id as string)).toEqual([expect.objectContaining({ maxDuration: '120s' })]);
    await voho('tenants', 'limits', tenant.subdomain, '--monthly-call-minutes', '60');
    const web = await startCall(client, { maxDurationSeconds: 86_400 });
    const [made] = await madeAtProvider(web.id as string);
    const seconds = Number(String(made.maxDuration).replace('s', ''));
    expect(seconds).toBeLessThanOrEqual(3600);
    expect(seconds).toBeGreaterThan(3000);
  });

  it.each([
    ['the permission is taken back', ['--off'], 'PROVIDER_REJECTED'],
    ['the country is no longer named', ['--countries', 'US'], 'PROVIDER_REJECTED'],
    ['nothing is left of the day', ['--minutes-per-day', '0'], 'QUOTA_EXCEEDED'],
  ])('that wait in the queue are not made once %s', async (_what, options, endReason) => {
    await allow('--countries', 'DE');
    await voho('tenants', 'limits', tenant.subdomain, '--max-concurrent-calls', '1');
    await simulator('/simulator/faults', {
      kind: 'conversation',
      turns: 200,
      seconds: 4000,
      metadata: { key: 'test', value: 'endless' },
    });
    const first = await startCall(client, { metadata: { test: 'endless' } });
    const second = await startCall(client, { medium: 'PHONE', phoneNumber: GERMAN });
    expect(second.status).toBe('QUEUED');
    await allow(...options);
    await client.data('mutation ($id: ID!) { endCall(id: $id) { id } }', { id: first.id });
    const call = await callWithStatus(client, second.id as string, 'FAILED', 'COMPLETED', 'ENDED');
    expect(call).toMatchObject({ status: 'FAILED', endReason });
    expect(await madeAtProvider(second.id as string)).toEqual([]);
  });

  it('are allowed by the operator alone, on record', async () => {
    await allow('--countries', 'DE', '--calls-per-minute', '5');
    await allow('--number-minutes-per-day', '9');
    await allow('--off');
    const query = 'query ($f: AuditFilter) { auditEvents(filter: $f) { nodes { actorLabel details } } }';
    const { auditEvents } = await client.data(query, { f: { actions: ['tenant.platform_phone_changed'] } });
    const [off, second, first] = auditEvents.nodes as Loose[];
    expect(first).toMatchObject({
      actorLabel: 'operator',
      details: { from: null, to: { countries: ['DE'], tenant: { callsPerMinute: 5 } } },
    });
    expect(second.details.to).toMatchObject({ countries: ['DE'], number: { minutesPerDay: 9 } });
    expect(off.details.to).toBeNull();
    expect(codeOf(await dial(GERMAN))).toBe('FORBIDDEN');
  });

  it('keep no number of those that were called', async () => {
    await allow('--countries', 'DE');
    const number = '+4915198765432';
    const { id } = await startCall(client, { medium: 'PHONE', phoneNumber: number });
    await callWithStatus(client, id as string, 'COMPLETED');
    const counters = (await stored(server, { tenantHex: await idOf(tenant) }))['phoneCounters'] ?? [];
    expect(counters.length).toBeGreaterThanOrEqual(3);
    expect(counters.join()).not.toContain(number.slice(4));
  });

  it('name what is wrong on the command line, and change nothing', async () => {
    const base = ['tenants', 'phone', tenant.subdomain, '--platform-account'];
    expect(await voho(...base)).toMatchObject({ code: 1, err: expect.stringContaining('--countries') });
    expect(await voho(...base, '--countries', 'DE,XX')).toMatchObject({
      code: 2,
      err: expect.stringContaining('"XX"'),
    });
    expect(codeOf(await dial(GERMAN))).toBe('FORBIDDEN');
  });

  const idOf = async ({ subdomain }: SeededTenant): Promise<string> =>
    String((await server.db.collection('tenants').findOne({ subdomain }))?._id);
});

/** Windows are whole minutes: what is counted in one must not begin at its end. */
async function untilMinuteIsYoung(): Promise<void> {
  const second = new Date().getUTCSeconds();
  if (second > 40) await new Promise(resolve => setTimeout(resolve, (61 - second) * 1000));
}
