import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createHmac } from 'node:crypto';
import { RawHttp, rawRequest } from '../kit/raw-http.js';
import { rawSocket } from '../kit/raw-socket.js';
import { PASSWORD, seedTenant, type SeededTenant } from '../kit/seed.js';
import { startTestServer, type TestServer } from '../kit/server.js';
import { TRANSPORTS } from '../kit/transports.js';

const ACCOUNT_SECRET = 'a-secret-of-the-account';
const TYPENAME = '{"query":"{ __typename }"}';
const TWO = 'query First { __typename } query Second { viewer { id } }';

describe('The HTTP door', () => {
  let server: TestServer;
  let tenant: SeededTenant;

  beforeAll(async () => {
    server = await startTestServer({ env: { ULTRAVOX_WEBHOOK_SECRET: ACCOUNT_SECRET } });
    tenant = await seedTenant(server);
  });
  afterAll(() => server.stop());

  const bearer = () => ({ authorization: `Bearer ${tenant.admin.accessToken}` });

  async function send(line: string, headers: Record<string, string>, body: string | Uint8Array = '') {
    const connection = await RawHttp.to(server.url);
    connection.send(rawRequest(line, headers, body));
    const answer = await connection.answer();
    connection.end();
    return answer;
  }
  const codeOf = ({ body }: { body: string }) =>
    (JSON.parse(body) as { errors: [{ extensions: { code: string } }] }).errors[0].extensions.code;

  /** The doors that read JSON, with what they need beside it. */
  const doors = () =>
    [
      ['POST /graphql', {}],
      ['POST /graphql/stream', { accept: 'text/event-stream' }],
    ] as const;

  describe('reads bodies that are UTF-8 alone', () => {
    it.each([
      ['Latin-1', Buffer.from('{"query":"{ __typename }","variables":{"a":"M\xfcller"}}', 'latin1')],
      [
        'half a character',
        Buffer.from([
          ...Buffer.from('{"query":"{ __typename }","variables":{"a":"'),
          0xe2,
          0x82,
          ...Buffer.from('"}}'),
        ]),
      ],
      [
        'a surrogate as bytes',
        Buffer.from([
          ...Buffer.from('{"query":"# '),
          0xed,
          0xa0,
          0x80,
          ...Buffer.from('\\n{ __typename }"}'),
        ]),
      ],
      [
        'an overlong slash',
        Buffer.from([...Buffer.from('{"query":"# '), 0xc0, 0xaf, ...Buffer.from('\\n{ __typename }"}')]),
      ],
    ])('and answers %s with 400', async (_name, body) => {
      for (const [line, headers] of doors()) {
        const answer = await send(
          line,
          { 'content-type': 'application/json', ...headers, ...bearer() },
          body,
        );
        expect([answer.status, codeOf(answer)]).toEqual([400, 'BAD_USER_INPUT']);
      }
    });

    it.each(['utf-7', 'latin1', 'ISO-8859-1', 'UTF-16', 'utf-16le', 'utf-32', '"utf-7"', 'nonsense'])(
      'and answers charset=%s with 415',
      async charset => {
        for (const [line, headers] of doors()) {
          const type = `application/json; charset=${charset}`;
          expect((await send(line, { 'content-type': type, ...headers, ...bearer() }, TYPENAME)).status).toBe(
            415,
          );
        }
      },
    );

    it.each(['application/json; charset=UTF-8', 'Application/JSON;charset="utf-8"', 'application/json'])(
      'and takes %s',
      async type => {
        for (const [line, headers] of doors())
          expect((await send(line, { 'content-type': type, ...headers, ...bearer() }, TYPENAME)).status).toBe(
            200,
          );
      },
    );

    it('and refuses other bytes in an address, and in frames of a socket', async () => {
      for (const search of [
        '%7B__typename%7D%23%FC',
        '%7B__typename%7D%23%ED%A0%80',
        '{__typename}%23\xfc',
      ]) {
        const line = `GET /graphql?query=${search}`;
        const answer = await send(line, { 'apollo-require-preflight': 'true' });
        expect(answer.status).toBe(400);
      }
      const socket = await (await rawSocket(server.url)).init(bearer());
      const frame = Buffer.from(
        '{"id":"1","type":"subscribe","payload":{"query":"{ __typename } # \xfc"}}',
        'latin1',
      );
      socket.sendBytes(frame);
      expect((await socket.closing()).code).toBe(4400);
    });

    it('and answers such a webhook of the provider with 400, though its signature is right', async () => {
      const statusOf = async (body: Buffer) => {
        const timestamp = new Date().toISOString();
        const signature = createHmac('sha256', ACCOUNT_SECRET).update(body).update(timestamp).digest('hex');
        const headers = {
          'content-type': 'application/json',
          'x-ultravox-webhook-timestamp': timestamp,
          'x-ultravox-webhook-signature': signature,
        };
        return (await send('POST /ultravox/webhooks', headers, body)).status;
      };
      const webhook = (name: string) =>
        JSON.stringify({
          event: 'call.ended',
          call: {
            callId: '6b1f1f0e-0000-4000-8000-000000000000',
            created: new Date().toISOString(),
            metadata: { name },
          },
        });
      expect(await statusOf(Buffer.from(webhook('M\xfcller'), 'latin1'))).toBe(400);
      expect(await statusOf(Buffer.from(webhook('M\xfcller')))).toBe(204);
    });
  });

  describe('answers another type of body', () => {
    it.each([
      'application/graphql',
      'text/plain',
      'application/x-www-form-urlencoded',
      'multipart/form-data; boundary=x',
      'application/xml',
      'application/graphql-response+json',
      'nonsense',
    ])('%s with 415 and the type to send', async type => {
      for (const [line, headers] of doors()) {
        const answer = await send(line, { 'content-type': type, ...headers, ...bearer() }, TYPENAME);
        expect([answer.status, codeOf(answer)]).toEqual([415, 'BAD_USER_INPUT']);
        expect(answer.body).toContain('application/json');
      }
    });
  });

  it('keeps an idle connection for longer than balancers do, and says so', async () => {
    const connection = await RawHttp.to(server.url);
    for (const _ of [1, 2]) {
      connection.send(rawRequest('POST /graphql', { 'content-type': 'application/json' }, TYPENAME));
      const { status, headers } = await connection.answer();
      expect([status, headers['keep-alive']]).toEqual([200, 'timeout=75']);
    }
    connection.end();
  });

  it('tells the name of the header that a GET lacks', async () => {
    const answer = await send('GET /graphql?query={__typename}', { accept: 'application/json' });
    expect([answer.status, codeOf(answer)]).toEqual([400, 'BAD_USER_INPUT']);
    expect(answer.body).toContain('Apollo-Require-Preflight: true');
  });

  describe('reads Accept as a weighted list', () => {
    const JSON_TYPE = 'application/json; charset=utf-8';
    const RESPONSE_TYPE = 'application/graphql-response+json; charset=utf-8';

    it.each([
      ['application/json, application/graphql-response+json;q=0.5', JSON_TYPE, 200],
      ['application/json;q=0.5, application/graphql-response+json', RESPONSE_TYPE, 401],
      ['Application/GraphQL-Response+JSON', RESPONSE_TYPE, 401],
      ['application/graphql-response+json;q=0, */*', JSON_TYPE, 200],
      ['application/*;q=0.1, application/graphql-response+json;q=0.2', RESPONSE_TYPE, 401],
      ['*/*', JSON_TYPE, 200],
    ])('for operations: %s', async (accept, type, status) => {
      const headers = { 'content-type': 'application/json', accept, 'x-tenant-subdomain': tenant.subdomain };
      const refused = JSON.stringify({ query: 'query ($n: Int!) { calls(first: $n) { nodes { id } } }' });
      const answer = await send('POST /graphql', headers, refused);
      expect([answer.status, answer.headers['content-type']]).toEqual([status, type]);
      const tooLarge = await send('POST /graphql', { ...headers, 'content-type': 'text/plain' }, 'x');
      expect([tooLarge.status, tooLarge.headers['content-type']]).toEqual([415, type]);
    });

    it.each([
      ['Text/Event-Stream', 200, 200],
      ['text/html, TEXT/EVENT-STREAM;q=0.1', 200, 200],
      ['text/event-stream;charset=utf-8', 200, 200],
      ['text/*', 406, 200],
      ['*/*', 406, 200],
      ['text/event-stream;q=0', 406, 406],
      ['*/*, text/event-stream;q=0', 406, 406],
      ['application/json', 406, 406],
    ])('for streams: %s', async (accept, byGet, byPost) => {
      const get = await send('GET /graphql/stream?query={__typename}', { accept, ...bearer() });
      const headers = { accept, 'content-type': 'application/json', ...bearer() };
      const post = await send('POST /graphql/stream', headers, TYPENAME);
      expect([get.status, post.status]).toEqual([byGet, byPost]);
    });
  });

  it.each([
    ['GET /graphql/stream?query=mutation{logOut}', 'POST'],
    ['GET /graphql?query=mutation{logOut}', 'POST'],
    ['PUT /graphql/stream', 'GET, POST'],
    ['DELETE /graphql/stream', 'GET, POST'],
    ['PUT /graphql', 'GET, POST'],
  ])('answers %s with 405 and Allow: %s', async (line, allow) => {
    const headers = {
      accept: 'text/event-stream, application/json',
      'apollo-require-preflight': 'true',
      ...bearer(),
    };
    const answer = await send(line, headers);
    expect([answer.status, answer.headers['allow']]).toEqual([405, allow]);
    expect((await tenant.admin.client.data('{ viewer { id } }')).viewer.id).toBe(tenant.admin.id);
  });

  describe('reads the name of an operation', () => {
    it('as absent where it is empty, also with empty variables', async () => {
      const search = 'query={__typename}&operationName=&variables=&extensions=';
      const get = await send(`GET /graphql?${search}`, { 'apollo-require-preflight': 'true' });
      expect([get.status, get.body]).toEqual([200, expect.stringContaining('"__typename":"Query"')]);
      const stream = await send(`GET /graphql/stream?${search}`, { accept: 'text/event-stream' });
      expect(stream.status).toBe(200);
      for (const [, transport] of TRANSPORTS) {
        const payload = { query: 'query Named { __typename }', operationName: '' };
        expect((await transport(server.url, payload, null)).data).toEqual({ __typename: 'Query' });
      }
    });

    it.each<[string, object, string[]]>([
      ['no name', {}, ['operationName is missing', 'First, Second']],
      ['an empty name', { operationName: '' }, ['operationName is missing', 'First, Second']],
      ['a name that is not there', { operationName: 'Third' }, ['Third', 'First, Second']],
    ])(
      'and says over every door what is wrong with %s for several operations',
      async (_name, sent, words) => {
        const messages = [];
        for (const [, transport] of TRANSPORTS) {
          const { errors } = await transport(server.url, { query: TWO, ...sent }, tenant.admin.accessToken);
          expect(errors?.map(({ extensions }) => extensions.code)).toEqual(['BAD_USER_INPUT']);
          messages.push(errors?.[0]?.message);
        }
        expect(new Set(messages).size).toBe(1);
        for (const word of words) expect(messages[0]).toContain(word);
      },
    );
  });

  it.each([
    ['POST /graphql', { accept: 'application/graphql-response+json', 'content-type': 'application/json' }],
    ['POST /graphql/stream', { accept: 'text/event-stream', 'content-type': 'application/json' }],
    ['GET /graphql/stream?query={viewer{id}}', { accept: 'text/event-stream' }],
  ])('says at %s with WWW-Authenticate why a token does not count', async (line, headers) => {
    const body = line.startsWith('POST')
      ? '{"query":"query ($n: Int!) { calls(first: $n) { nodes { id } } }"}'
      : '';
    for (const token of ['nonsense', `${tenant.admin.accessToken}x`, 'voho_live_abc']) {
      const answer = await send(line, { ...headers, authorization: `Bearer ${token}` }, body);
      expect([answer.status, answer.headers['www-authenticate']]).toEqual([
        401,
        'Bearer realm="voho", error="invalid_token"',
      ]);
    }
  });

  it.each([['POST /ultravox/webhooks/call_x'], ['POST /ultravox/webhooks']])(
    'says at %s which signature is missing',
    async line => {
      const { status, headers } = await send(line, { 'content-type': 'application/json' }, '{}');
      expect([status, headers['www-authenticate']]).toEqual([
        401,
        expect.stringMatching(/^Ultravox-Signature /),
      ]);
    },
  );

  it('lets no cache keep an answer to a credential, over any door, nor one of a log-in', async () => {
    const logIn = {
      query: 'mutation ($input: LogInInput!) { logIn(input: $input) { accessToken } }',
      variables: { input: { email: tenant.admin.email, password: PASSWORD } },
    };
    const cookie = `voho_access=${tenant.admin.accessToken}`;
    const json = { 'content-type': 'application/json', 'x-tenant-subdomain': tenant.subdomain };
    const own = { cookie, 'sec-fetch-site': 'same-origin' };
    const answers = await Promise.all([
      send('POST /graphql', json, JSON.stringify(logIn)),
      send('GET /graphql?query={viewer{id}}', { ...own, 'apollo-require-preflight': 'true' }),
      send('POST /graphql', { ...json, ...bearer() }, TYPENAME),
      send('POST /graphql', { ...json, authorization: 'Bearer nonsense' }, TYPENAME),
      send('GET /graphql/stream?query={viewer{id}}', { ...own, accept: 'text/event-stream' }),
      send('GET /recordings/call_x.wav', {}),
      send('GET /exports/x', {}),
      send('GET /health/live', {}),
      send('GET /metrics', {}),
      send('GET /nothing', bearer()),
    ]);
    for (const { headers } of answers) expect(headers['cache-control']).toContain('no-store');
  });

  it('sets cookies with Max-Age beside Expires, and takes them back with both', async () => {
    const answer = await fetch(`${server.url}/graphql`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        origin: server.url,
        'x-tenant-subdomain': tenant.subdomain,
      },
      body: JSON.stringify({
        query: 'mutation ($input: LogInInput!) { logIn(input: $input) { accessTokenExpiresAt } }',
        variables: { input: { email: tenant.admin.email, password: PASSWORD } },
      }),
    });
    const cookies = answer.headers.getSetCookie();
    expect(cookies).toHaveLength(2);
    for (const cookie of cookies) {
      const maxAge = Number(/Max-Age=(\d+)/.exec(cookie)?.[1]);
      const expires = Date.parse(/Expires=([^;]+)/.exec(cookie)?.[1] ?? '');
      expect(maxAge).toBeGreaterThan(800);
      expect(Math.abs(Date.now() + maxAge * 1000 - expires)).toBeLessThan(5000);
    }
    const out = await fetch(`${server.url}/graphql`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        origin: server.url,
        cookie: cookies.map(cookie => cookie.split(';')[0]).join('; '),
      },
      body: '{"query":"mutation { logOut }"}',
    });
    for (const cookie of out.headers.getSetCookie()) expect(cookie).toMatch(/Max-Age=0;.*Expires=/);
    expect(out.headers.getSetCookie()).toHaveLength(2);
  });
});
