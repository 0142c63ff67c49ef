import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Answer, Loose } from '../kit/client.js';
import { longAgo } from '../kit/exchanges.js';
import { PASSWORD, seedTenant, type SeededTenant } from '../kit/seed.js';
import { startTestServer, type TestServer } from '../kit/server.js';

const SESSION = 'accessToken refreshToken';
const LOG_IN = `mutation ($input: LogInInput!) { logIn(input: $input) { ${SESSION} } }`;
const REFRESH = `mutation ($token: String) { refreshSession(refreshToken: $token) { ${SESSION} } }`;
const VIEWER = '{ viewer { id } }';

describe('Refreshes with one token', () => {
  let server: TestServer;
  let beside: TestServer;
  let tenant: SeededTenant;

  beforeAll(async () => {
    server = await startTestServer();
    beside = await startTestServer({ beside: server });
    tenant = await seedTenant(server);
  });
  afterAll(async () => {
    await beside.stop();
    await server.stop();
  });

  const logIn = async (): Promise<Loose> =>
    (
      await server
        .client({ tenantSubdomain: tenant.subdomain })
        .data(LOG_IN, { input: { email: tenant.admin.email, password: PASSWORD } })
    ).logIn;
  const refresh = (token: string, at: TestServer = server): Promise<Answer<Loose>> =>
    at.client().send(REFRESH, { token });
  const exchanged = ({ data }: Answer<Loose>): Loose => data.refreshSession;
  const isAlive = async (accessToken: string): Promise<boolean> =>
    (await beside.client({ accessToken }).send(VIEWER)).errors === undefined;
  const reuses = async (): Promise<number> =>
    (
      await tenant.admin.client.data(
        '{ auditEvents(filter: { actions: ["security.refresh_token_reused"] }) { totalCount } }',
      )
    ).auditEvents.totalCount as number;

  const expectOutrun = ({ data, errors }: Answer<Loose>) => {
    expect(data ?? null).toBeNull();
    expect(errors).toMatchObject([
      {
        message: expect.stringContaining('exchanged by another request'),
        extensions: { code: 'UNAUTHENTICATED' },
      },
    ]);
  };

  it('by tabs at two processes give tokens once and end nothing, in every one of 25 rounds', async () => {
    for (let round = 0; round < 25; round += 1) {
      const { refreshToken: token } = await logIn();
      const answers = await Promise.all([refresh(token), refresh(token, beside)]);
      const passed = answers.filter(({ errors }) => !errors);
      expect(passed).toHaveLength(1);
      for (const answer of answers.filter(({ errors }) => errors)) expectOutrun(answer);
      expect(await isAlive(passed[0]?.data.refreshSession.accessToken as string)).toBe(true);
    }
    expect(await reuses()).toBe(0);
  });

  it('by many tabs, or some seconds after each other, give tokens once and end nothing', async () => {
    const { refreshToken: token } = await logIn();
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_item, index) => refresh(token, index % 2 ? server : beside)),
    );
    const [passed, ...more] = answers.filter(({ errors }) => !errors);
    expect(more).toEqual([]);
    for (const wait of [0, 1000, 3000]) {
      await new Promise(resolve => setTimeout(resolve, wait));
      expectOutrun(await refresh(token, beside));
    }
    // Also a token whose successor has been exchanged by now.
    const next = await refresh(passed?.data.refreshSession.refreshToken as string);
    expectOutrun(await refresh(token));
    expectOutrun(await refresh(passed?.data.refreshSession.refreshToken as string, beside));
    expect(await isAlive(next.data?.refreshSession.accessToken as string)).toBe(true);
    expect(await reuses()).toBe(0);
  });

  it('leave the cookies of a browser alone that has lost', async () => {
    const { refreshToken: token } = await logIn();
    await refresh(token);
    const answer = await server
      .client({ headers: { cookie: `voho_refresh=${token as string}`, origin: server.url } })
      .send(REFRESH);
    expectOutrun(answer);
    expect(answer.headers.getSetCookie()).toEqual([]);
  });

  it('end the session when the token comes again later, whichever process it comes to', async () => {
    for (const at of [server, beside]) {
      const before = await reuses();
      const { refreshToken: token } = await logIn();
      const { accessToken, refreshToken } = exchanged(await refresh(token));
      await longAgo(server, token as string);
      const { errors } = await refresh(token, at);
      expect(errors?.[0]?.message).toBe('The session is over: sign in again.');
      expect((await refresh(refreshToken as string, at)).errors?.[0]?.extensions.code).toBe(
        'UNAUTHENTICATED',
      );
      await new Promise(resolve => setTimeout(resolve, 1100));
      expect(await isAlive(accessToken as string)).toBe(false);
      expect(await reuses()).toBe(before + 1);
    }
  });

  it('end the session when the token comes again ten seconds later, by the clock', async () => {
    const { refreshToken: token } = await logIn();
    const { accessToken } = exchanged(await refresh(token));
    await new Promise(resolve => setTimeout(resolve, 10_000));
    expect((await refresh(token)).errors?.[0]?.message).toBe('The session is over: sign in again.');
    await new Promise(resolve => setTimeout(resolve, 1100));
    expect(await isAlive(accessToken as string)).toBe(false);
  });

  it('give nothing after the session has ended, however soon', async () => {
    const { refreshToken: token } = await logIn();
    const { accessToken } = exchanged(await refresh(token));
    await server.client({ accessToken }).data('mutation { logOut }');
    expect((await refresh(token)).errors?.[0]?.message).toBe('The session is over: sign in again.');
  });
});
