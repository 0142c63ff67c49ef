import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { operate } from '../kit/operate.js';
import { callWithStatus, seedTenant, startCall } from '../kit/seed.js';
import { startTestServer, type TestServer } from '../kit/server.js';

describe('A reconciliation that has nothing to compare', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer();
  });
  afterAll(() => server.stop());

  const reconcile = (env: Record<string, string>, ...args: string[]) =>
    operate(server, ['usage', 'reconcile', ...args], env);
  const NOTHING = 'nothing was compared, since there is no call on either side';

  it('does not say "equals" without tenants, without accounts, and without calls', async () => {
    expect(await reconcile({})).toMatchObject({ code: 0, out: expect.stringContaining(NOTHING) });
    const { admin } = await seedTenant(server);
    expect(await reconcile({})).toMatchObject({ code: 0, out: expect.stringContaining(NOTHING) });
    const env = { SIMULATOR_URL: server.simulator.url };
    const { code, out } = await reconcile(env, '--month', '2020-02');
    expect([code, out]).toEqual([0, expect.stringContaining(`2020-02: ${NOTHING}`)]);
    expect(out).not.toContain('equals');

    const { id } = await startCall(admin.client);
    await callWithStatus(admin.client, id, 'COMPLETED');
    const left = await reconcile({});
    expect([left.code, left.err]).toEqual([1, expect.stringContaining('nothing was compared')]);
    expect(left.err).not.toContain('equals');
  });
});
