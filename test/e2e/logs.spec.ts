import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Client, type Loose } from '../kit/client.js';
import { type ServerProcess, startServerProcess } from '../kit/process.js';
import { rawSocket } from '../kit/raw-socket.js';
import { callWithStatus } from '../kit/seed.js';

/** What must never stand in a log, each recognisable wherever it turns up. */
const CANARY = {
  password: 'canary-password-Xq7',
  wrongPassword: 'canary-wrong-password-Xq7',
  email: 'canary-address@people.example',
  phone: '+4915199887766',
  spoken: 'Canarybeeblebrox',
  secretKey: 'canary-provider-key-Xq7',
};

const SESSION = 'accessToken refreshToken user { id } tenant { id subdomain }';

describe('The log', () => {
  let server: ServerProcess;
  let session: Loose;
  let call: Loose;
  let transcript: string[] = [];
  const startUp = /^(Voho is ready: http:\/\/\S+|Stopping on SIGTERM …)$/;

  /** The lines that are JSON. */
  const entries = (): Loose[] =>
    server
      .lines()
      .filter(line => !startUp.test(line))
      .map(line => JSON.parse(line));
  const requests = () => entries().filter(({ msg }) => msg === 'request');

  beforeAll(async () => {
    server = await startServerProcess();
    const stranger = new Client(server.url);
    const signedUp = await stranger.data(
      `mutation SignUp($input: SignUpTenantInput!) { signUpTenant(input: $input) { ${SESSION} } }`,
      { input: { subdomain: 'canary', name: 'Canary', email: CANARY.email, password: CANARY.password } },
    );
    const client = new Client(server.url, { tenantSubdomain: 'canary' });
    const LOG_IN = `mutation LogIn($input: LogInInput!) { logIn(input: $input) { ${SESSION} } }`;
    await client.refusal(LOG_IN, { input: { email: CANARY.email, password: CANARY.wrongPassword } });
    session = (await client.data(LOG_IN, { input: { email: CANARY.email, password: CANARY.password } }))
      .logIn;
    session.first = signedUp.signUpTenant;

    const admin = new Client(server.url, { accessToken: session.accessToken });
    await admin.send('mutation ($k: String) { updateTenant(input: { ultravoxApiKey: $k }) { id } }', {
      k: `${CANARY.secretKey} with a space`,
    });
    await admin.refusal('mutation ($input: CreateCallInput!) { createCall(input: $input) { id } }', {
      input: { systemPrompt: 'Hello', medium: 'WEB', phoneNumber: CANARY.phone },
    });
    await admin.refusal(`{ call(id: "${CANARY.phone}", password: "${CANARY.password}") { id } }`);
    const { createCall } = await admin.data(
      'mutation Call($input: CreateCallInput!) { createCall(input: $input) { id joinUrl } }',
      {
        input: {
          systemPrompt: 'Greet {{name}}.',
          variables: { name: CANARY.spoken },
          metadata: { phone: CANARY.phone },
        },
      },
    );
    call = createCall;
    await callWithStatus(admin, call.id as string, 'COMPLETED');
    // The settled transcript follows the end of the call a moment later.
    for (let look = 0; look < 100 && !transcript.some(text => text.includes(CANARY.spoken)); look += 1) {
      const read = await admin.data(
        'query Read($id: ID!) { call(id: $id) { transcript { nodes { text } } recording { url } } }',
        { id: call.id },
      );
      transcript = read.call.transcript.nodes.map(({ text }: Loose) => text as string);
      await new Promise(resolve => setTimeout(resolve, 100));
    }

    await admin.data('mutation ($n: String) { updateBranding(input: { logoUrl: $n }) { name } }', {
      n: 'https://a.example/x',
    });
    const forged = 'x\r\n{"level":"info","msg":"forged"}';
    await new Client(server.url, {
      headers: { 'user-agent': 'x', 'x-tenant-subdomain': encodeURIComponent(forged) },
    }).send('{ __typename }');
    await admin.send('mutation ($n: String) { updateTenant(input: { name: $n }) { id } }', { n: forged });
    await fetch(`${server.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-request-id': 'forged{"msg":"forged"}' },
      body: JSON.stringify({ query: '{ __typename }', operationName: forged }),
    });
    await fetch(`${server.url}/graphql`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        cookie: `voho_access=${String(session.accessToken)}`,
        origin: server.url,
      },
      body: JSON.stringify({ query: `query ByCookie { viewer { id } }` }),
    });
    await fetch(`${server.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"password":"canary-password-Xq7',
    });
    const socket = await (
      await rawSocket(server.url)
    ).init({ authorization: `Bearer ${String(session.accessToken)}` });
    await socket.run('1', 'query OverSocket { viewer { id } }');
    await socket.run('2', `{ call(id: "${CANARY.phone}") { nothing } }`);
    await socket.message(({ id, type }) => id === '1' && type === 'complete');
    socket.end();
    // A line is written after the answer, and comes through a pipe.
    for (
      let look = 0;
      look < 200 && !requests().some(({ operation }) => operation === 'query OverSocket');
      look += 1
    )
      await new Promise(resolve => setTimeout(resolve, 50));
  });
  afterAll(() => server.stop());

  it('holds one JSON object per line, apart from the sentences of its start', () => {
    expect(server.lines().filter(line => startUp.test(line))).toHaveLength(1);
    for (const entry of entries())
      expect(entry).toMatchObject({
        level: expect.any(String),
        time: expect.any(String),
        msg: expect.any(String),
      });
    expect(server.errors()).toBe('');
  });

  it('calls nothing an error that is a fault of the client', () => {
    expect(entries().filter(({ level }) => level === 'error')).toEqual([]);
  });

  it('has a line per request that says whose it was, what it was and how long it took', () => {
    const named = (name: string) => requests().filter(({ operation }) => operation === name);
    const tenantId = session.tenant.id as string;
    const whole = { requestId: expect.stringMatching(/^[\w-]{36}$/), durationMs: expect.any(Number) };
    expect(named('mutation SignUp')).toMatchObject([
      { ...whole, tenant: null, viewer: 'anonymous', status: 200, transport: 'http' },
    ]);
    expect(named('mutation LogIn')).toMatchObject([
      { ...whole, tenant: 'canary', tenantId, viewer: 'anonymous', errors: ['UNAUTHENTICATED'] },
      { ...whole, tenant: 'canary', tenantId, viewer: 'anonymous' },
    ]);
    const viewer = session.user.id as string;
    expect(named('mutation Call')).toMatchObject([
      { ...whole, tenant: 'canary', tenantId, viewer, status: 200 },
    ]);
    expect(named('query ByCookie')).toMatchObject([{ ...whole, tenant: 'canary', viewer }]);
    expect(named('query OverSocket')).toMatchObject([
      { ...whole, tenant: 'canary', tenantId, viewer, transport: 'websocket' },
    ]);
    for (const line of requests()) {
      for (const key of ['requestId', 'tenant', 'viewer', 'operation', 'durationMs'])
        expect(line).toHaveProperty(key);
    }
    expect(requests().filter(({ status }) => status === 400)).not.toEqual([]);
  });

  it('has the request id of the answer', async () => {
    const response = await fetch(`${server.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-request-id': 'my-own-id-0001' },
      body: JSON.stringify({ query: 'query Mine { __typename }' }),
    });
    expect(response.headers.get('x-request-id')).toBe('my-own-id-0001');
    const deadline = Date.now() + 10_000;
    const mine = () => requests().filter(({ requestId }) => requestId === 'my-own-id-0001');
    while (mine().length === 0 && Date.now() < deadline)
      await new Promise(resolve => setTimeout(resolve, 20));
    expect(mine()).toHaveLength(1);
  });

  it('S57 S60 never holds passwords, provider keys, tokens, cookies, addresses, phone numbers, join links or what was said', () => {
    const output = server.lines().join('\n');
    expect(transcript.some(text => text.includes(CANARY.spoken))).toBe(true);
    const secrets = [
      ...Object.values(CANARY),
      ...[session, session.first].flatMap(({ accessToken, refreshToken }: Loose) => [
        accessToken as string,
        refreshToken as string,
      ]),
      call.joinUrl as string,
      ...transcript.filter(text => text.length > 10),
    ];
    for (const secret of secrets) expect([secret, output.includes(secret)]).toEqual([secret, false]);
    expect(output).not.toMatch(/voho_access|Bearer |canary-/);
  });

  it('S60 cannot be given a line by what a client sends', () => {
    expect(entries().filter(({ msg }) => msg === 'forged')).toEqual([]);
    expect(requests().filter(({ requestId }) => String(requestId).includes('forged'))).toEqual([]);
  });
});
