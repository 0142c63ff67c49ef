import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { MAX_OPERATIONS_PER_SOCKET, MAX_SOCKETS_PER_TENANT } from '../../src/entry/sockets/socket-caps.js';
import { openRawSocket, type RawSocket, rawSocket, type RawSocketOptions } from '../kit/raw-socket.js';
import { seedTenant, type SeededTenant } from '../kit/seed.js';
import { startTestServer, type TestServer } from '../kit/server.js';

const LISTED = 'https://app.example';
const EVENTS = 'subscription { callEvents { id } }';

/** Fourteen levels of fields that exist. */
const DEEP = `{ dashboard { recentCalls(first: 1) { ${'events(first: 1) { nodes { call { '.repeat(4)} id ${'} } } '.repeat(4)} } } }`;

describe('GraphQL sockets', () => {
  let server: TestServer;
  let tenant: SeededTenant;
  const opened: RawSocket[] = [];

  beforeAll(async () => {
    server = await startTestServer({ env: { ALLOWED_ORIGINS: LISTED, REQUESTS_PER_MINUTE: '100000' } });
    tenant = await seedTenant(server);
  });
  afterEach(() => {
    for (const socket of opened.splice(0)) socket.end();
  });
  afterAll(() => server.stop());

  const open = async (options: RawSocketOptions = {}) => {
    const socket = await rawSocket(server.url, options);
    opened.push(socket);
    return socket;
  };
  const bearer = (token = tenant.admin.accessToken) => ({ authorization: `Bearer ${token}` });
  const signedIn = async () => (await open()).init(bearer());

  describe('at the handshake', () => {
    it.each([
      ['the legacy subprotocol', ['graphql-ws']],
      ['no subprotocol', []],
      ['a subprotocol that only looks like ours', ['graphql-transport-ws-2']],
    ])('S44 refuse %s', async (_name, protocols) => {
      expect(await openRawSocket(server.url, { protocols })).toBe(400);
    });

    it.each([
      'https://evil.example',
      'https://app.example.evil.example',
      'https://evil-app.example',
      'http://app.example',
      'https://app.example:8443',
      'null',
      'file://',
      'not an origin',
    ])('S43 refuse the foreign origin %s', async origin => {
      expect(await openRawSocket(server.url, { headers: { origin } })).toBe(403);
    });

    it('let in listed origins, the own one, and programs, which send none', async () => {
      for (const headers of [{ origin: LISTED }, { origin: server.url }, {}]) {
        await (await open({ headers })).init();
      }
    });

    it('refuse paths that are not theirs', async () => {
      expect(await openRawSocket(server.url, { path: '/' })).toBe(404);
      expect(await openRawSocket(server.url, { path: '/graphqlx' })).toBe(404);
    });
  });

  describe('by the protocol', () => {
    it('S45 close with 4401 on an operation before the init', async () => {
      const socket = await open();
      socket.send({ id: '1', type: 'subscribe', payload: { query: '{ __typename }' } });
      expect(await socket.closing()).toMatchObject({ code: 4401 });
    });

    it('S45 close with 4408 when no init comes', async () => {
      expect(await (await open()).closing()).toMatchObject({ code: 4408 });
    });

    it('S45 close with 4429 on a second init', async () => {
      const socket = await (await open()).init();
      socket.send({ type: 'connection_init' });
      expect(await socket.closing()).toMatchObject({ code: 4429 });
    });

    it('S45 close with 4409 on an id that is taken', async () => {
      const socket = await signedIn();
      for (const id of ['1', '1']) socket.send({ id, type: 'subscribe', payload: { query: EVENTS } });
      expect(await socket.closing()).toMatchObject({ code: 4409 });
    });

    it.each([
      '{',
      '[]',
      '"x"',
      '{"type":"unknown"}',
      '{"id":"1","type":"subscribe"}',
      '{"id":"1","type":"next","payload":{}}',
    ])('close with 4400 on the message %s', async text => {
      const socket = await (await open()).init();
      socket.sendText(text);
      expect(await socket.closing()).toMatchObject({ code: 4400 });
    });

    it('S48 close with 1009 on a frame of more than 1 MB', async () => {
      const socket = await (await open()).init();
      socket.sendText('x'.repeat(1_000_001));
      expect(await socket.closing()).toMatchObject({ code: 1009 });
    });

    it('answer pings', async () => {
      const socket = await open();
      socket.send({ type: 'ping', payload: { a: 1 } });
      expect(await socket.message(({ type }) => type === 'pong')).toEqual({
        type: 'pong',
        payload: { a: 1 },
      });
    });

    it('end a subscription on `complete`, and go on', async () => {
      const socket = await signedIn();
      const query = 'subscription { dashboard { totalCalls } }';
      socket.send({ id: '1', type: 'subscribe', payload: { query } });
      await socket.message(({ id, type }) => id === '1' && type === 'next');
      socket.send({ id: '1', type: 'complete' });
      expect(await socket.run('2', '{ __typename }')).toMatchObject({ data: { __typename: 'Query' } });
    });
  });

  describe('admit', () => {
    it.each([
      ['rubbish', 'Bearer rubbish'],
      [
        'a token without its signature',
        () => `Bearer ${tenant.admin.accessToken.split('.').slice(0, 2).join('.')}.`,
      ],
      ['a refresh token', () => `Bearer ${tenant.admin.refreshToken}`],
      ['no scheme', () => tenant.admin.accessToken],
    ])('nobody with %s: 4403', async (_name, given) => {
      const socket = await open();
      const authorization = typeof given === 'string' ? given : given();
      socket.send({ type: 'connection_init', payload: { authorization } });
      expect(await socket.closing()).toMatchObject({ code: 4403 });
      expect(socket.messages).toEqual([]);
    });

    it('S46 nobody with an expired token: 4403, at once and when it expires meanwhile', async () => {
      const shortLived = await startTestServer({ beside: server, env: { ACCESS_TOKEN_TTL: '2s' } });
      try {
        const { admin } = await seedTenant(shortLived);
        const socket = await rawSocket(shortLived.url);
        opened.push(socket);
        await socket.init(bearer(admin.accessToken));
        expect(await socket.closing()).toMatchObject({ code: 4403 });
      } finally {
        await shortLived.stop();
      }
    });

    it.each<[string, (other: SeededTenant) => Record<string, string>]>([
      ['TENANT_MISMATCH', other => ({ ...bearer(), 'x-tenant-subdomain': other.subdomain })],
      ['TENANT_NOT_FOUND', () => ({ 'x-tenant-subdomain': 'no-such-tenant' })],
    ])('nobody with %s: 4401 with the code as its reason', async (reason, payload) => {
      const other = await seedTenant(server);
      const socket = await open();
      socket.send({ type: 'connection_init', payload: payload(other) });
      expect(await socket.closing()).toEqual({ code: 4401, reason });
    });

    it('the session cookie and the header of the handshake', async () => {
      const cookie = await (
        await open({ headers: { cookie: `voho_access=${tenant.admin.accessToken}`, origin: server.url } })
      ).init();
      expect(await cookie.run('1', '{ viewer { id } }')).toMatchObject({
        data: { viewer: { id: tenant.admin.id } },
      });
      const header = await (await open({ headers: bearer() })).init();
      expect(await header.run('1', '{ viewer { id } }')).toMatchObject({
        data: { viewer: { id: tenant.admin.id } },
      });
    });
  });

  describe('run operations as HTTP does', () => {
    it('queries and mutations work', async () => {
      const socket = await signedIn();
      expect(await socket.run('1', '{ tenant { subdomain } }')).toMatchObject({
        data: { tenant: { subdomain: tenant.subdomain } },
      });
      const { data } = await socket.run(
        '2',
        'mutation ($n: String!) { updateTenant(input: { name: $n }) { name } }',
        { n: 'Renamed' },
      );
      expect(data).toEqual({ updateTenant: { name: 'Renamed' } });
    });

    it.each<[string, string, Record<string, unknown>]>([
      ['syntax error', '{ viewer {', {}],
      ['unknown field', '{ nothing }', {}],
      ['bad variable', 'query ($first: Int) { calls(first: $first) { nodes { id } } }', { first: 'ten' }],
      ['bad literal', '{ calls(filter: { statuses: [LOST] }) { nodes { id } } }', {}],
      ['bad page size', '{ calls(first: 1000) { nodes { id } } }', {}],
      ['bad colour', 'mutation { updateBranding(input: { primaryColor: "red" }) { name } }', {}],
      ['missing variable', 'query ($id: ID!) { call(id: $id) { id } }', {}],
      ['unknown call', 'mutation { endCall(id: "call_0123456789abcdef01234567") { id } }', {}],
      ['too deep', DEEP, {}],
      [
        'too many aliases',
        `mutation { ${Array.from({ length: 16 }, (_, i) => `a${i}: logOut`).join(' ')} }`,
        {},
      ],
      ['too large', '{ calls(first: 100) { nodes { events(first: 100) { nodes { call { id } } } } } }', {}],
      ['too many tokens', `{ ${'__typename '.repeat(2001)} }`, {}],
    ])('%s: the same error', async (_name, query, variables) => {
      const socket = await signedIn();
      const [overSocket, overHttp] = [
        await socket.run('1', query, variables),
        await tenant.admin.client.send(query, variables),
      ];
      const plain = (errors: { message: string; extensions: Record<string, unknown> }[] | undefined) =>
        errors?.map(({ message, extensions: { requestId, ...extensions } }) => [
          message,
          typeof requestId,
          extensions,
        ]);
      expect(plain(overSocket.errors)).toEqual(plain(overHttp.errors as never));
      expect(overSocket.data ?? null).toEqual(overHttp.data ?? null);
    });

    it('strangers and people without the right hear so, whatever they send', async () => {
      const stranger = await (await open()).init();
      const { errors } = await stranger.run('1', EVENTS);
      expect(errors).toMatchObject([
        { extensions: { code: 'UNAUTHENTICATED', requestId: expect.any(String) } },
      ]);
      const user = await tenant.user();
      const socket = await (await open()).init(bearer(user.accessToken));
      const answer = await socket.run('1', 'subscription { auditEvents { id } }');
      expect(answer.errors).toMatchObject([{ extensions: { code: 'FORBIDDEN' } }]);
    });

    it('each operation has a request id of its own', async () => {
      const socket = await signedIn();
      const answers = [await socket.run('1', '{ nothing }'), await socket.run('2', '{ nothing }')];
      const ids = answers.map(({ errors }) => String(errors[0].extensions.requestId));
      expect(new Set(ids).size).toBe(2);
    });
  });

  it('S48 are bounded per tenant, whose others stay, as do those of its neighbours', async () => {
    const other = await seedTenant(server);
    const first = await signedIn();
    for (let count = 1; count < MAX_SOCKETS_PER_TENANT; count += 37)
      await Promise.all(Array.from({ length: Math.min(37, MAX_SOCKETS_PER_TENANT - count) }, signedIn));
    const tooMany = await open();
    tooMany.send({ type: 'connection_init', payload: bearer() });
    expect(await tooMany.closing()).toMatchObject({
      code: 1013,
      reason: expect.stringMatching(/^Too many sockets/),
    });
    expect(await first.run('1', '{ __typename }')).toMatchObject({ data: { __typename: 'Query' } });
    await (await open()).init(bearer(other.admin.accessToken));
  });

  it('S48 carry a bounded number of operations each, and the others of the same socket go on', async () => {
    const socket = await signedIn();
    for (let index = 0; index <= MAX_OPERATIONS_PER_SOCKET; index += 1) {
      socket.send({ id: `s${index}`, type: 'subscribe', payload: { query: EVENTS } });
    }
    const refused = await socket.message(({ type }) => type === 'error');
    expect(refused.payload).toMatchObject([{ extensions: { code: 'RATE_LIMITED' } }]);
    socket.send({ id: 's0', type: 'complete' });
    expect(await socket.run('q', '{ __typename }')).toMatchObject({ data: { __typename: 'Query' } });
    expect(socket.messages.filter(({ type }) => type === 'error')).toHaveLength(1);
  });
});
