import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { GraphQLSchemaHost } from '@nestjs/graphql';
import type { Client, Loose } from '../kit/client.js';
import { rawPost } from '../kit/raw-post.js';
import { rawSocket } from '../kit/raw-socket.js';
import { callWithStatus, type SeededUser, startCall } from '../kit/seed.js';
import { startTestServer, type TestServer } from '../kit/server.js';
import { stored } from '../kit/stored.js';
import { type Attempt, ATTEMPTS } from './never-meet/attempts.js';
import { CANARY, type Names, nobody, PASSWORD, seedWorld, type World } from './never-meet/world.js';

const MINE = 'ordinary';

describe('Two tenants', () => {
  let server: TestServer;
  let a: World;
  let b: World;
  /** One of A's who is no admin. */
  let user: SeededUser;
  let unknown: Names;
  /** Everything that anybody of tenant A has received. */
  const received: string[] = [];

  beforeAll(async () => {
    server = await startTestServer({ env: { REQUESTS_PER_MINUTE: '100000' } });
    [a, b] = [await seedWorld(server, MINE), await seedWorld(server, CANARY)];
    user = await a.tenant.user('USER');
    unknown = nobody(b.names);
    await quiet();
  });
  afterAll(() => server.stop());

  const hexOf = (publicId: string) => publicId.split('_')[1] ?? '';
  const ofB = () => stored(server, { tenantHex: hexOf(b.names.tenant) });

  /** Bills are looked at again after an hour and more. */
  const isForLater = (job: string) =>
    Date.parse((JSON.parse(job) as { dueAt: { $date: string } }).dueAt.$date) > Date.now() + 600_000;

  /** Waits until the server has nothing left to do for B by itself. */
  async function quiet(): Promise<void> {
    for (let left = 400; left > 0; left -= 1) {
      const { jobs, outbox } = await ofB();
      if (jobs?.every(isForLater) && outbox?.length === 0) return;
      await new Promise(resolve => setTimeout(resolve, 50));
    }
    throw new Error('The server is still busy with tenant B');
  }

  /** What A gets for an attempt, without what differs by itself from one request to the next. */
  async function outcome(client: Client, { query, variables }: Attempt, names: Names): Promise<string> {
    const answer = query.startsWith('subscription')
      ? await firstOf(client, query, variables?.(names))
      : await client.send(query, variables?.(names));
    const { data, errors } = answer as Loose;
    const text = JSON.stringify({ data, errors });
    // What was asked for may be repeated; what was not must not come along.
    const named = Object.values(variables?.(names) ?? {}).map(String);
    const bare = named.reduce((rest, name) => rest.replaceAll(name, '<named>'), text);
    received.push(bare);
    return bare.replace(/"requestId":"[^"]*"/g, '"requestId":"…"');
  }

  async function firstOf(client: Client, query: string, variables: Record<string, unknown> = {}) {
    const stream = client.subscribe(query, variables);
    await stream.until(
      () => stream.values.length > 0 || stream.errors.length > 0 || stream.isComplete,
      query,
    );
    stream.stop();
    return { data: stream.values[0], errors: stream.errors };
  }

  it('are tried at every root field of the schema', () => {
    const { schema } = server.app.get(GraphQLSchemaHost);
    const fields = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()].flatMap(
      type => Object.keys(type?.getFields() ?? {}).map(field => `${type?.name ?? ''}.${field}`),
    );
    expect(Object.keys(ATTEMPTS).sort()).toEqual(fields.sort());
  });

  it.each(Object.keys(ATTEMPTS))('S26 S27 S47 never meet at %s, whatever the role', async field => {
    const before = await ofB();
    const isLast = field.startsWith('Mutation.logOut');
    const people = isLast
      ? [await a.tenant.user('ADMIN'), await a.tenant.user('USER')]
      : [a.tenant.admin, user];
    for (const { client } of people) {
      for (const attempt of ATTEMPTS[field] ?? []) {
        const [foreign, never] = [
          await outcome(client, attempt, b.names),
          await outcome(client, attempt, unknown),
        ];
        if (attempt.differs === undefined) expect(foreign).toBe(never);
        expect(foreign).not.toContain(CANARY);
      }
    }
    expect(await ofB()).toEqual(before);
  });

  it('cannot sign in to the one with the address and password of the other', async () => {
    const client = server.client({ tenantSubdomain: a.tenant.subdomain });
    const logIn =
      'mutation ($email: String!, $password: String!) { logIn(input: { email: $email, password: $password }) { user { id } } }';
    const before = await ofB();
    const answers = [];
    for (const email of [b.names.email, b.tenant.admin.email, unknown.email]) {
      const { message, extensions } = await client.refusal(logIn, { email, password: PASSWORD });
      answers.push([message, extensions.code]);
    }
    expect(new Set(answers.map(answer => JSON.stringify(answer))).size).toBe(1);
    expect(await ofB()).toEqual(before);
  });

  it('do not honour each other’s refresh and invitation tokens, which stay good in their own tenant', async () => {
    const tokens = [
      [
        'mutation ($token: String) { refreshSession(refreshToken: $token) { accessToken user { id } tenant { id } } }',
        b.tenant.admin.refreshToken,
      ],
      [
        `mutation ($token: String!) { acceptInvitation(input: { token: $token, password: "${PASSWORD}" }) { user { id } tenant { id } } }`,
        b.invitationToken,
      ],
    ] as const;
    for (const [query, token] of tokens) {
      for (const client of [a.tenant.admin.client, server.client({ tenantSubdomain: a.tenant.subdomain })]) {
        const refusal = await client.refusal(query, { token });
        expect(refusal.extensions.code).toBe('TENANT_MISMATCH');
        received.push(JSON.stringify(refusal));
      }
      const { data } = await server.client().send(query, { token });
      expect(Object.values(data ?? {})).toMatchObject([{ tenant: { id: b.names.tenant } }]);
    }
  });

  it('S47 hear nothing of each other while the other one is busy', async () => {
    const { client } = a.tenant.admin;
    const streams = [
      client.subscribe('subscription { callEvents(after: "") { callId call { systemPrompt metadata } } }'),
      client.subscribe('subscription { auditEvents(after: "") { action actorLabel details } }'),
      client.subscribe(
        'subscription { dashboard { totalCalls totalUsers recentCalls { id systemPrompt } } }',
      ),
    ] as const;
    await streams[2].until(({ values }) => values.length > 0);
    const [{ dashboard: before }] = streams[2].values as [Loose];

    const busy = await startCall(b.tenant.admin.client, {
      systemPrompt: `Greet ${CANARY}.`,
      metadata: { word: CANARY },
    });
    await callWithStatus(b.tenant.admin.client, busy.id, 'COMPLETED');
    await b.tenant.user();
    // What tenant A does afterwards comes behind all of that, so whatever was to be heard of it has been.
    const own = await startCall(client, { systemPrompt: 'Last.' });
    await streams[0].value(({ callEvents }) => callEvents.callId === own.id);
    await streams[1].value(({ auditEvents }) => auditEvents.details.callId === own.id);
    await streams[2].value(({ dashboard }) => dashboard.recentCalls[0].id === own.id);

    const last = streams[2].values.at(-1)?.dashboard;
    expect([last.totalCalls, last.totalUsers]).toEqual([Number(before.totalCalls) + 1, before.totalUsers]);
    for (const stream of streams) {
      expect(stream.errors).toEqual([]);
      received.push(JSON.stringify(stream.values));
      stream.stop();
    }
    expect(received.at(-3)).not.toContain(busy.id);
  });

  describe('named against each other', () => {
    const violations = async (world: World): Promise<Loose[]> =>
      (
        await world.tenant.admin.client.data(
          '{ auditEvents(first: 100, filter: { actions: ["security.tenant_violation"] }) { nodes { actorLabel details ip } } }',
        )
      ).auditEvents.nodes;
    const hostOfB = () => `${b.tenant.subdomain}.voho.localhost`;

    const postAs = async (host: string, { client }: SeededUser): Promise<Loose> => {
      const answer = await rawPost(server.url, { host, ...client.headers }, '{ tenant { id name } }');
      received.push(JSON.stringify(answer));
      return answer;
    };

    const overHttp = async ({ accessToken }: SeededUser) => {
      const { errors } = await server
        .client({ accessToken, tenantSubdomain: b.tenant.subdomain })
        .send('{ tenant { id name } }');
      return errors?.[0]?.extensions.code;
    };
    const overHost = async (who: SeededUser) => (await postAs(hostOfB(), who)).errors[0].extensions.code;
    const overSocket = async (
      { accessToken }: SeededUser,
      headers: Record<string, string>,
      parameters: Record<string, string>,
    ) => {
      const socket = await rawSocket(server.url, { headers });
      socket.send({
        type: 'connection_init',
        payload: { authorization: `Bearer ${accessToken}`, ...parameters },
      });
      const closing = await socket.closing();
      received.push(JSON.stringify(socket.messages));
      return closing.reason;
    };

    it.each([
      ['a header', overHttp],
      ['a host', overHost],
      ['a parameter of a socket', who => overSocket(who, {}, { 'x-tenant-subdomain': b.tenant.subdomain })],
      ['a header of a socket', who => overSocket(who, { 'x-tenant-subdomain': b.tenant.subdomain }, {})],
      ['the host of a socket', who => overSocket(who, { host: hostOfB() }, {})],
    ] as [string, (who: SeededUser) => Promise<unknown>][])(
      'S06 by %s are a mismatch, which stands in the log of the one whose token it was',
      async (_by, attempt) => {
        // One row a minute is written for each person.
        const who = await a.tenant.user();
        const [mine, theirs] = [await violations(a), await violations(b)];
        expect(await attempt(who)).toBe('TENANT_MISMATCH');
        const found = await violations(a);
        expect(found.length).toBe(mine.length + 1);
        expect(found[0]).toMatchObject({
          actorLabel: who.email,
          details: { named: b.tenant.subdomain },
        });
        expect(await violations(b)).toEqual(theirs);
      },
    );

    it('are a mismatch in a host and a header without any credential too', async () => {
      const headers = { host: hostOfB(), 'x-tenant-subdomain': a.tenant.subdomain };
      const { errors } = await rawPost(server.url, headers, '{ branding { primaryColor } }');
      expect(errors?.[0].extensions.code).toBe('TENANT_MISMATCH');
    });

    it('S06 are told apart from a tenant that never was by nothing in the answer', async () => {
      const { accessToken } = a.tenant.admin;
      const ask = async (tenantSubdomain: string) => {
        const { message, extensions } = await server
          .client({ accessToken, tenantSubdomain })
          .refusal('{ tenant { id } }');
        return [message, extensions.code];
      };
      expect(await ask(b.tenant.subdomain)).toEqual(await ask('never-was'));
    });
  });

  it('have shown nothing of the one in anything that the other received', () => {
    // The addresses that A itself has typed stand in its own log; the canary is in those that it has not.
    const names = Object.entries(b.names).filter(([name]) => name !== 'email' && !name.endsWith('Cursor'));
    const marks = [CANARY, b.tenant.admin.id, hexOf(b.names.tenant), ...names.map(([, value]) => value)];
    expect(received.length).toBeGreaterThan(100);
    expect(marks.filter(mark => received.some(text => text.includes(mark)))).toEqual([]);
  });
});
