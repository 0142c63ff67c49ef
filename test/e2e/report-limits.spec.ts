import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { fromPublicId } from '../../src/ids/public-id.js';
import {
  ReportLimiter,
  REPORTS_PER_PROCESS,
  REPORTS_PER_TENANT,
} from '../../src/modules/calls/report-limiter.js';
import { TenantRunner } from '../../src/tenancy/tenant-runner.js';
import { jobScope } from '../../src/tenancy/tenant-scope.js';
import type { Loose } from '../kit/client.js';
import { seedTenant, type SeededTenant } from '../kit/seed.js';
import { startTestServer, type TestServer } from '../kit/server.js';
import { type Reply, TRANSPORTS } from '../kit/transports.js';

const analytics = (metric = 'CALLS', from = '2026-01-01') =>
  `{ callAnalytics(input: { from: "${from}T00:00:00Z", to: "2028-01-01T00:00:00Z", metrics: [${metric}] }) { rows { values } } }`;
const REPORTS: readonly (readonly [name: string, query: string])[] = [
  ['callAnalytics', analytics()],
  ['the totals of the dashboard', '{ dashboard { totalCalls } }'],
  ['callsByDay', '{ dashboard { callsByDay(days: 30) { count } } }'],
];
const codeOf = ({ errors }: Reply) => errors?.[0]?.extensions.code;

describe('Reports', () => {
  let server: TestServer;
  let tenant: SeededTenant;
  let other: SeededTenant;
  let free: (() => void)[] = [];
  beforeAll(async () => {
    server = await startTestServer();
    [tenant, other] = [await seedTenant(server), await seedTenant(server)];
  });
  afterAll(() => server.stop());
  afterEach(() => {
    for (const end of free) end();
    free = [];
  });

  /** Has a tenant make reports that do not end before the test does. */
  const occupy = ({ id }: SeededTenant, count: number) => {
    const tenantId = fromPublicId('tenant', id);
    if (!tenantId) throw new Error('This is no id of a tenant');
    for (let index = 0; index < count; index += 1) {
      const held = new Promise<void>(resolve => free.push(resolve));
      const report = () => server.app.get(ReportLimiter, { strict: false }).run(`held ${index}`, () => held);
      void server.app.get(TenantRunner, { strict: false }).run(jobScope(tenantId, 'test'), report);
    }
  };

  it.each(TRANSPORTS)(
    'that wait too long for others of their tenant are UNAVAILABLE over %s, while other tenants get theirs',
    async (_name, send) => {
      occupy(tenant, REPORTS_PER_TENANT);
      const ask = ({ admin }: SeededTenant, query: string) => send(server.url, { query }, admin.accessToken);
      const late = REPORTS.map(async ([name, query]) => [name, await ask(tenant, query)] as const);
      for (const [, query] of REPORTS) expect((await ask(other, query)).errors).toBeUndefined();
      for (const [name, reply] of await Promise.all(late)) {
        expect([name, codeOf(reply)]).toEqual([name, 'UNAVAILABLE']);
        expect(reply.errors?.[0]?.extensions.retryAfterSeconds).toBeGreaterThan(0);
      }
    },
  );

  it('of all tenants together are a few at a time in a process', async () => {
    const busy = [tenant, other];
    for (const one of busy) occupy(one, REPORTS_PER_PROCESS / busy.length);
    const third = await seedTenant(server);
    const refusal = await third.admin.client.refusal(analytics());
    expect(refusal.extensions).toMatchObject({ code: 'UNAVAILABLE', retryAfterSeconds: expect.any(Number) });
  });

  it('that are the same are made once for all who ask at the same time', async () => {
    await server.db.setProfilingLevel('all');
    const answers = await Promise.all(
      Array.from({ length: 30 }, () => tenant.admin.client.data('{ dashboard { totalCalls } }')),
    );
    await server.db.setProfilingLevel('off');
    const profile = server.db.collection('system.profile');
    const made = await profile.countDocuments({ 'command.aggregate': 'calls' });
    await profile.drop();
    expect(answers.map(({ dashboard }: Loose) => dashboard.totalCalls as number)).toEqual(
      answers.map(() => 0),
    );
    expect(made).toBeGreaterThan(0);
    expect(made).toBeLessThan(answers.length);
  });

  it('of one tenant never show what only some of its people may see', async () => {
    const user = await tenant.user();
    await tenant.admin.client.data('mutation { createCall(input: { systemPrompt: "Greet." }) { id } }');
    const totals = await Promise.all(
      Array.from({ length: 20 }, async (_ask, index) => {
        const { client } = index % 2 === 0 ? tenant.admin : user;
        const { dashboard } = await client.data<{ dashboard: { totalCalls: number } }>(
          '{ dashboard { totalCalls } }',
        );
        return dashboard.totalCalls;
      }),
    );
    expect(totals).toEqual(totals.map((_total, index) => (index % 2 === 0 ? 1 : 0)));
  });

  it.each(TRANSPORTS)(
    'leave calls that many ask for at once over %s made, limited or UNAVAILABLE, and never INTERNAL',
    async (_name, send) => {
      const busy = await seedTenant(server);
      const query = 'mutation { createCall(input: { systemPrompt: "Greet." }) { id } }';
      const replies = await Promise.all(
        Array.from({ length: 60 }, () => send(server.url, { query }, busy.admin.accessToken)),
      );
      const refused = replies.filter(({ errors }) => errors);
      for (const reply of refused) {
        expect(['UNAVAILABLE', 'RATE_LIMITED']).toContain(codeOf(reply));
        expect(reply.errors?.[0]?.extensions.retryAfterSeconds).toBeGreaterThan(0);
      }
      const { calls } = await busy.admin.client.data('{ calls { totalCount } }');
      const made = replies.length - refused.length;
      // One that was told as UNAVAILABLE may have been made.
      expect(calls.totalCount).toBeGreaterThanOrEqual(made);
    },
  );

  it('are never INTERNAL, however many different ones are asked for at once', async () => {
    const codes = await Promise.all(
      Array.from({ length: 40 }, async (_ask, index) => {
        const query = analytics(
          'CALLS, P95_DURATION',
          `2026-01-${String((index % 28) + 1).padStart(2, '0')}`,
        );
        const { errors } = await other.admin.client.send(query);
        return errors?.[0]?.extensions.code ?? 'ok';
      }),
    );
    expect([...new Set(codes)].filter(code => code !== 'UNAVAILABLE')).toEqual(['ok']);
  });
});
