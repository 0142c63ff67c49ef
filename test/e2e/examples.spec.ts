import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { ClientOptions } from 'graphql-ws';
import WebSocket from 'ws';
import { followCalls as followByApollo } from '../../examples/resume-apollo-client.js';
import { type CallEvent, followCalls as followByGraphqlWs } from '../../examples/resume-graphql-ws.js';
import { followCalls as followByUrql } from '../../examples/resume-urql.js';
import { BreakableLine } from '../kit/breakable-line.js';
import { produceEvents, sequencesByCall, upTo } from '../kit/events.js';
import { seedTenant, type SeededTenant } from '../kit/seed.js';
import { startTestServer, type TestServer } from '../kit/server.js';

const EXAMPLES = {
  'graphql-ws': followByGraphqlWs,
  'Apollo Client': followByApollo,
  urql: followByUrql,
};

describe('The examples of a client that comes back', () => {
  let server: TestServer;
  let line: BreakableLine;
  let tenant: SeededTenant;

  beforeAll(async () => {
    server = await startTestServer();
    line = await BreakableLine.to(server.url);
  });
  afterAll(async () => {
    await line.close();
    await server.stop();
  });
  beforeEach(async () => {
    tenant = await seedTenant(server);
  });

  it.each(Object.entries(EXAMPLES))(
    'hear with %s every event once and in order, though the line is cut three times',
    async (_name, follow) => {
      const options: ClientOptions = {
        url: `${line.url.replace('http', 'ws')}/graphql`,
        webSocketImpl: WebSocket,
        connectionParams: { authorization: `Bearer ${tenant.admin.accessToken}` },
      };
      const heard: CallEvent[] = [];
      const has = async (count: number) => {
        const deadline = Date.now() + 15_000;
        while (heard.length < count && Date.now() < deadline)
          await new Promise(resolve => setTimeout(resolve, 20));
      };
      const stop = follow(options, event => heard.push(event));
      const first = await produceEvents(server, tenant, { count: 10 });
      await has(10);
      const calls = [first];
      for (const turn of upTo(3)) {
        expect(line.cut()).toBeGreaterThan(0);
        // Some events come while nobody listens, some right as the client is back.
        calls.push(await produceEvents(server, tenant, { count: 10 }));
        await has(10 + 10 * turn);
      }
      await new Promise(resolve => setTimeout(resolve, 300));
      stop();
      expect(sequencesByCall(heard)).toEqual(Object.fromEntries(calls.map(id => [id, upTo(10)])));
      expect(heard).toHaveLength(40);
    },
  );
});
