import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { EventStreamReader } from '../kit/event-stream-reader.js';
import { rawPost } from '../kit/raw-post.js';
import { openRawSocket, rawSocket } from '../kit/raw-socket.js';
import { PASSWORD, seedTenant, type SeededTenant } from '../kit/seed.js';
import { startTestServer, type TestServer } from '../kit/server.js';

const VIEWER = '{ viewer { id } }';
const REFRESH = 'mutation { refreshSession { user { id } } }';
const LOG_IN = 'mutation ($input: LogInInput!) { logIn(input: $input) { user { id } } }';
const LISTED = 'https://app.example';

describe('Cookies', () => {
  let server: TestServer;
  let tenant: SeededTenant;
  let neighbour: SeededTenant;
  let host: string;
  let cookie: string;

  beforeAll(async () => {
    server = await startTestServer({ env: { ALLOWED_ORIGINS: LISTED } });
    tenant = await seedTenant(server);
    neighbour = await seedTenant(server);
    host = `${tenant.subdomain}.voho.localhost:${server.settings.PORT}`;
    cookie = `voho_access=${tenant.admin.accessToken}; voho_refresh=${tenant.admin.refreshToken}`;
  });
  afterAll(() => server.stop());

  const codeOf = async (headers: Record<string, string>, query = VIEWER) =>
    (await rawPost(server.url, { host, cookie, ...headers }, query)).errors?.[0].extensions.code ?? 'OK';

  const foreign = (): [string, Record<string, string>][] => [
    ['of nobody', {}],
    [
      'of a neighbour’s page',
      { origin: `http://${neighbour.subdomain}.voho.localhost:${server.settings.PORT}` },
    ],
    ['of the domain itself', { origin: `http://voho.localhost:${server.settings.PORT}` }],
    ['of the same host on another port', { origin: `http://${tenant.subdomain}.voho.localhost:1` }],
    ['of the same host over another scheme', { origin: `https://${host}` }],
    ['of the server’s other name', { origin: server.url }],
    ['of a sandboxed page', { origin: 'null' }],
    ['of another page of the site', { 'sec-fetch-site': 'same-site' }],
    ['of another site', { 'sec-fetch-site': 'cross-site' }],
    ['that somebody typed', { 'sec-fetch-site': 'none' }],
    [
      'of another page that says it is the same',
      { origin: 'https://evil.example', 'sec-fetch-site': 'same-origin' },
    ],
    ['whose host somebody forwarded', { origin: 'http://evil.example', 'x-forwarded-host': 'evil.example' }],
  ];

  it('S17 count for the host’s own pages and for listed ones', async () => {
    for (const headers of [
      { origin: `http://${host}` },
      { origin: LISTED },
      { 'sec-fetch-site': 'same-origin' },
    ])
      expect([headers, await codeOf(headers)]).toEqual([headers, 'OK']);
  });

  it('S17 count for nothing in requests of anybody else, over any door', async () => {
    for (const [who, headers] of foreign()) {
      expect([who, await codeOf(headers)]).toEqual([who, 'UNAUTHENTICATED']);
      expect([who, await codeOf(headers, REFRESH)]).toEqual([who, 'UNAUTHENTICATED']);
      const stream = new EventStreamReader(
        server.url,
        { query: VIEWER },
        { method: 'GET', headers: { host, cookie, ...headers } },
      );
      await stream.stream.until(({ isComplete }) => isComplete);
      expect(JSON.stringify([who, stream.stream.values])).not.toContain(tenant.admin.id);
    }
    expect(await codeOf({ 'sec-fetch-site': 'same-origin' }, REFRESH)).toBe('OK');
  });

  it('S43 open no socket for a page of another origin, and count for nothing without one', async () => {
    const { origin: _origin, ...own } = { host, cookie, origin: '' };
    for (const [who, headers] of foreign().filter(([, { origin }]) => origin !== undefined))
      expect([who, await openRawSocket(server.url, { headers: { ...own, ...headers } })]).toEqual([who, 403]);
    const stranger = await (await rawSocket(server.url, { headers: own })).init();
    expect((await stranger.run('1', VIEWER)).errors[0].extensions.code).toBe('UNAUTHENTICATED');
    stranger.end();
  });

  it('S17 have the development’s names over http', async () => {
    const { cookies } = await rawPost(server.url, { host }, LOG_IN, {
      input: { email: tenant.admin.email, password: PASSWORD },
    });
    expect(cookies).toEqual([
      expect.stringMatching(
        /^voho_access=[^;]+; Max-Age=\d+; Path=\/; Expires=[^;]+; HttpOnly; SameSite=Lax$/,
      ),
      expect.stringMatching(
        /^voho_refresh=[^;]+; Max-Age=\d+; Path=\/; Expires=[^;]+; HttpOnly; SameSite=Lax$/,
      ),
    ]);
  });
});

describe('Behind a proxy with https', () => {
  let server: TestServer;
  let tenant: SeededTenant;
  let host: string;

  beforeAll(async () => {
    server = await startTestServer({
      env: { PUBLIC_URL: 'https://voho.example', BASE_DOMAIN: 'voho.example', TRUSTED_PROXIES: '1' },
    });
    tenant = await seedTenant(server);
    host = `${tenant.subdomain}.voho.example`;
  });
  afterAll(() => server.stop());

  it('S17 cookies are bound to the host by their name, and no other name counts', async () => {
    const { cookies } = await rawPost(server.url, { host }, LOG_IN, {
      input: { email: tenant.admin.email, password: PASSWORD },
    });
    expect(cookies).toEqual([
      expect.stringMatching(
        /^__Host-voho_access=[^;]+; Max-Age=\d+; Path=\/; Expires=[^;]+; HttpOnly; Secure; SameSite=Lax$/,
      ),
      expect.stringMatching(
        /^__Host-voho_refresh=[^;]+; Max-Age=\d+; Path=\/; Expires=[^;]+; HttpOnly; Secure; SameSite=Lax$/,
      ),
    ]);
    expect(cookies.join()).not.toMatch(/domain/i);
    const { accessToken } = tenant.admin;
    const read = async (name: string, origin = `https://${host}`) =>
      (await rawPost(server.url, { host, origin, cookie: `${name}=${accessToken}` }, VIEWER)).data.viewer?.id;
    expect(await read('__Host-voho_access')).toBe(tenant.admin.id);
    expect(await read('voho_access')).toBeUndefined();
    expect(await read('__Host-voho_access', `http://${host}`)).toBeUndefined();
  });

  it('the tenant and the own pages are those of the host that the proxy was asked for', async () => {
    const asked = { host: 'inner.internal', 'x-forwarded-host': host };
    const branding = await rawPost(server.url, asked, '{ branding { name } }');
    expect(branding.data.branding.name).toBe('Tenant');
    const headers = { ...asked, cookie: `__Host-voho_access=${tenant.admin.accessToken}` };
    const own = await rawPost(server.url, { ...headers, origin: `https://${host}` }, VIEWER);
    expect(own.data.viewer.id).toBe(tenant.admin.id);
    const inner = await rawPost(server.url, { ...headers, origin: 'https://inner.internal' }, VIEWER);
    expect(inner.errors[0].extensions.code).toBe('UNAUTHENTICATED');
    const other = await seedTenant(server);
    const crossed = await rawPost(
      server.url,
      { ...asked, authorization: `Bearer ${other.admin.accessToken}` },
      VIEWER,
    );
    expect(crossed.errors[0].extensions.code).toBe('TENANT_MISMATCH');
  });
});
