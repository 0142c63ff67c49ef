import { ApolloServer } from '@apollo/server';
import { startStandaloneServer } from '@apollo/server/standalone';
import mongoose from 'mongoose';
import { seedTenant, startCall } from '../test/kit/seed.js';
import { startTestServer } from '../test/kit/server.js';
import { type Comparison, throughput } from './comparison.js';

const QUERY = '{ calls(first: 20) { nodes { id status systemPrompt createdAt } } }';
const CALLS = 40;
const REQUESTS = 2000;
const AT_ONCE = 20;

/** What somebody writes in an afternoon: Apollo Server and a model, one tenant, nobody signed in. */
async function startPeer(uri: string): Promise<{ url: string; stop: () => Promise<void> }> {
  const connection = await mongoose.createConnection(uri).asPromise();
  const calls = connection.model('PeerCall', new mongoose.Schema({}, { strict: false }), 'calls');
  const server = new ApolloServer({
    typeDefs: `type Call { id: ID! status: String! systemPrompt: String! createdAt: String! }
      type Calls { nodes: [Call!]! } type Query { calls(first: Int): Calls! }`,
    resolvers: {
      Query: {
        calls: async (_: unknown, { first }: { first: number }) => ({
          nodes: await calls.find().sort({ createdAt: -1 }).limit(first).lean(),
        }),
      },
      Call: { id: ({ _id }: { _id: unknown }) => String(_id) },
    },
  });
  const { url } = await startStandaloneServer(server, { listen: { port: 0 } });
  return {
    url,
    async stop() {
      await server.stop();
      await connection.close();
    },
  };
}

/** The first page of calls, over HTTP, against a server without tenants, rights, cursors and limits. */
export async function benchListQuery(): Promise<Comparison> {
  const server = await startTestServer({ simulator: { speed: 50 }, env: { REQUESTS_PER_MINUTE: '1000000' } });
  const tenant = await seedTenant(server);
  for (let index = 0; index < CALLS; index += 1) await startCall(tenant.admin.client);
  const peer = await startPeer(server.settings.MONGODB_URI);
  const sender = (url: string, headers: Record<string, string>) => async () => {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify({ query: QUERY }),
    });
    const body = (await response.json()) as { data?: { calls: { nodes: unknown[] } } };
    if (body.data?.calls.nodes.length !== 20) throw new Error(`Not the page: ${JSON.stringify(body)}`);
  };
  const toVoho = sender(`${server.url}/graphql`, tenant.admin.client.headers);
  const toPeer = sender(peer.url, {});
  await throughput(REQUESTS / 4, AT_ONCE, toVoho);
  await throughput(REQUESTS / 4, AT_ONCE, toPeer);
  const voho = await throughput(REQUESTS, AT_ONCE, toVoho);
  const bare = await throughput(REQUESTS, AT_ONCE, toPeer);
  await peer.stop();
  await server.stop();
  return {
    what: 'a page of 20 calls',
    unit: 'requests/s',
    voho,
    peer: bare,
    peerName: 'Apollo Server on one Mongoose model',
  };
}
