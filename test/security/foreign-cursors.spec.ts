import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { newObjectId } from '../../src/mongo/object-id.js';
import { toPublicId } from '../../src/ids/public-id.js';
import type { Loose } from '../kit/client.js';
import { EventStreamReader } from '../kit/event-stream-reader.js';
import { FEED, produceEvents } from '../kit/events.js';
import { LiveSocket } from '../kit/live-socket.js';
import { seedTenant, type SeededTenant } from '../kit/seed.js';
import { startTestServer, type TestServer } from '../kit/server.js';
import type { Stream } from '../kit/stream.js';

const AUDIT = 'subscription ($after: String) { auditEvents(after: $after) { cursor action } }';
const SET_ROLE = 'mutation ($id: ID!, $role: UserRole!) { setUserRole(userId: $id, role: $role) { role } }';

interface Names {
  readonly callId?: string;
  readonly after?: string;
}
type Door = (url: string, accessToken: string, query: string, names: Names) => Stream<Loose>;

/** Every way in which a client says where it goes on from. */
const DOORS: Readonly<Record<string, Door>> = {
  'a WebSocket': (url, accessToken, query, names) =>
    new LiveSocket(url, accessToken, query, { ...names }).stream,
  'server-sent events': (url, accessToken, query, names) =>
    new EventStreamReader(url, { query, variables: { ...names } }, { accessToken }).stream,
  'the last event of a stream': (url, accessToken, query, { after, ...variables }) =>
    new EventStreamReader(
      url,
      { query, variables },
      { accessToken, ...(after !== undefined && { lastEventId: after }) },
    ).stream,
  'the last event of an EventSource': (url, accessToken, query, { after, ...variables }) =>
    new EventStreamReader(
      url,
      { query, variables },
      { method: 'GET', accessToken, ...(after !== undefined && { lastEventId: after }) },
    ).stream,
};

describe('Where another tenant’s streams go on', () => {
  let server: TestServer;
  let a: SeededTenant;
  let b: SeededTenant;
  const callOfB = newObjectId();
  let feedOfB: string;
  let logOfB: string;

  beforeAll(async () => {
    server = await startTestServer();
    [a, b] = [await seedTenant(server), await seedTenant(server)];
    await produceEvents(server, b, { count: 3, callId: callOfB });
    const { client } = b.admin;
    feedOfB = (await client.data('{ eventCursor }')).eventCursor as string;
    logOfB = (await client.data('{ auditEvents(first: 1) { nodes { cursor } } }')).auditEvents.nodes[0]
      .cursor as string;
  });
  afterAll(() => server.stop());

  /** What a stream that must be refused says, and all that it has ever said. */
  async function refusal(stream: Stream<Loose>): Promise<[code: unknown, message: unknown]> {
    await stream.until(({ isComplete, closing }) => isComplete || closing !== null, 'the refusal');
    expect([stream.values, stream.errors.length]).toEqual([[], 1]);
    return [stream.errors[0]?.extensions.code, stream.errors[0]?.message];
  }

  it.each(Object.entries(DOORS))(
    'S47 is no place for anybody of this one, by %s, also after a change of his role',
    async (_name, open) => {
      const user = await a.user();
      const { createApiKey } = await a.admin.client.data(
        'mutation { createApiKey(input: { name: "x", scopes: [CALLS_READ, AUDIT_READ] }) { secret } }',
      );
      const refused: Stream<Loose>[] = [];
      const refuse = async (token: string, query: string, foreign: Names, never: Names) => {
        const streams = [foreign, never].map(names => open(server.url, token, query, names));
        refused.push(...streams);
        const [one, other] = await Promise.all(streams.map(refusal));
        expect(one).toEqual(other);
      };
      const tryAll = async (token: string, mayReadLog: boolean) => {
        const [callId, unknown] = [toPublicId('call', callOfB), toPublicId('call', newObjectId())];
        const forged = Buffer.from(feedOfB, 'base64url').map(byte => byte ^ 1);
        const never = Buffer.from(forged).toString('base64url');
        await refuse(token, FEED, { after: feedOfB }, { after: never });
        await refuse(token, FEED, { callId }, { callId: unknown });
        await refuse(token, FEED, { callId, after: feedOfB }, { callId: unknown, after: never });
        if (mayReadLog) await refuse(token, AUDIT, { after: logOfB }, { after: never });
      };
      await tryAll(a.admin.accessToken, true);
      await tryAll(createApiKey.secret as string, true);
      await tryAll(user.accessToken, false);
      await a.admin.client.data(SET_ROLE, { id: user.id, role: 'ADMIN' });
      await tryAll(user.accessToken, true);
      await a.admin.client.data(SET_ROLE, { id: user.id, role: 'USER' });
      await tryAll(user.accessToken, false);

      // For the other tenant it is a place, and what happens there then reaches its own people alone.
      const own = open(server.url, b.admin.accessToken, FEED, { after: feedOfB });
      await produceEvents(server, b, { count: 2 });
      await own.until(({ values }) => values.length > 0, 'the other tenant’s own event');
      expect(own.errors).toEqual([]);
      for (const { values, errors } of refused) expect([values, errors.length]).toEqual([[], 1]);
    },
  );
});
