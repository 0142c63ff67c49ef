import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import mongoose from 'mongoose';
import { MAX_ANSWER_BYTES } from '../../src/entry/graphql/answer-bounds.js';
import { largestMetadata, storeHeavyCalls } from '../kit/heavy-calls.js';
import { callWithStatus, seedTenant, startCall } from '../kit/seed.js';
import { startTestServer, type TestServer } from '../kit/server.js';
import { type Reply, TRANSPORTS } from '../kit/transports.js';

const times = (count: number, part: (index: number) => string) =>
  Array.from({ length: count }, (_item, index) => part(index)).join(' ');
const codeOf = ({ errors }: Reply) => errors?.[0]?.extensions.code;
const bytesOf = (reply: Reply) => Buffer.byteLength(JSON.stringify(reply));

/** The largest metadata of one call, as often as no answer can hold it. */
const METADATA_AGAIN = times(160, index => `m${index}: metadata`);

/** Each costs less than is allowed, and would be answered with far more bytes. */
const LONG_ANSWERS: readonly (readonly [name: string, query: string])[] = [
  [
    'metadata with aliases',
    `{ calls(first: 100) { nodes { ${times(4, index => `m${index}: metadata`)} } } }`,
  ],
  [
    'metadata by fragments of root fields with aliases',
    `{ ${times(4, index => `c${index}: calls(first: 90) { ...C }`)} } fragment C on CallConnection { edges { node { ...M } } } fragment M on Call { metadata }`,
  ],
  [
    'lists by variables',
    `query ($first: Int = 100) { ${times(4, index => `c${index}: calls(first: $first) { nodes { metadata } }`)} }`,
  ],
  ['summaries', `{ calls(first: 100) { nodes { ${times(6, index => `s${index}: summary`)} } } }`],
  ['prompts', `{ calls(first: 100) { nodes { ${times(6, index => `s${index}: systemPrompt`)} } } }`],
  ['utterances', '{ calls(first: 40) { nodes { transcript(first: 100) { nodes { text } } } } }'],
];

describe('Answers', () => {
  let server: TestServer;
  let token: string;
  let callId: string;
  beforeAll(async () => {
    server = await startTestServer();
    const user = await (await seedTenant(server)).user();
    token = user.accessToken;
    callId = (await startCall(user.client, { metadata: { order: '42' } })).id as string;
    await user.client.data('mutation ($id: ID!) { endCall(id: $id) { id } }', { id: callId });
    await callWithStatus(user.client, callId, 'COMPLETED', 'FAILED', 'ENDED');
    await storeHeavyCalls(server.db, {
      of: callId,
      count: 100,
      metadata: largestMetadata(),
      summary: 'y'.repeat(20_000),
      systemPrompt: 's'.repeat(20_000),
      utterances: Array.from({ length: 100 }, () => 'u'.repeat(2500)),
    });
  });
  afterAll(() => server.stop());
  describe.each(TRANSPORTS)('over %s', (_name, send) => {
    const ask = (query: string, variables = {}) => send(server.url, { query, variables }, token);

    it.each(LONG_ANSWERS)('are refused when they would be too large: %s', async (_what, query) => {
      const reply = await ask(query);
      expect([codeOf(reply), reply.data ?? null]).toEqual(['QUERY_TOO_COMPLEX', null]);
      expect(reply.errors?.[0]?.message).toMatch(/answer is larger than 8 MB/);
      expect(bytesOf(reply)).toBeLessThan(2000);
    });

    it('hold a page of a hundred calls with the largest metadata', async () => {
      const reply = await ask('{ calls(first: 100) { nodes { id metadata } } }');
      expect(reply.data?.calls.nodes).toHaveLength(100);
      expect(bytesOf(reply)).toBeGreaterThan(5_000_000);
      expect(bytesOf(reply)).toBeLessThan(MAX_ANSWER_BYTES);
    });

    it('charge for their length what their fields have not paid for', async () => {
      const left = async () => (await ask('{ __typename }')).extensions?.cost.remaining as number;
      const before = await left();
      const { extensions } = await ask('{ calls(first: 100) { nodes { id metadata } } }');
      const spent = before - (await left());
      expect(spent).toBeGreaterThan(5000);
      expect(extensions?.cost.requested).toBeLessThan(2000);
    });

    it('say of mutations that they have been run, when what they answer is too large', async () => {
      const count = async () => (await ask('{ calls { totalCount } }')).data?.calls.totalCount as number;
      const before = await count();
      const reply = await ask(
        `mutation ($input: CreateCallInput!) { createCall(input: $input) { ${METADATA_AGAIN} } }`,
        { input: { systemPrompt: 'Greet.', metadata: largestMetadata() } },
      );
      expect([codeOf(reply), reply.data ?? null]).toEqual(['QUERY_TOO_COMPLEX', null]);
      expect(reply.errors?.[0]?.message).toMatch(/^The mutations have been run, but the answer is larger/);
      expect(await count()).toBe(before + 1);
    });
  });
});

describe('Details of the audit log', () => {
  it.each(TRANSPORTS)('are refused over %s when they would be too large', async (_name, send) => {
    const server = await startTestServer();
    try {
      const { admin } = await seedTenant(server);
      // Rows as changes of many long texts leave them.
      const rows = server.db.collection('auditEvents');
      const row = await rows.findOne({});
      for (let made = 0; made < 100; made += 1)
        await rows.insertOne({ ...row, _id: new mongoose.Types.ObjectId(), details: largestMetadata() });
      const query = (aliases: number) =>
        `{ auditEvents(first: 100) { nodes { ${times(aliases, index => `d${index}: details`)} } } }`;
      const ask = (aliases: number) => send(server.url, { query: query(aliases) }, admin.accessToken);
      const whole = await ask(1);
      expect(bytesOf(whole)).toBeGreaterThan(5_000_000);
      const refused = await ask(4);
      expect([codeOf(refused), refused.data ?? null]).toEqual(['QUERY_TOO_COMPLEX', null]);
      expect(refused.errors?.[0]?.message).toMatch(/answer is larger than 8 MB/);
    } finally {
      await server.stop();
    }
  });
});

describe('An event of a subscription', () => {
  it('is refused by itself when it is too large, and the stream goes on', async () => {
    const server = await startTestServer();
    try {
      const user = await (await seedTenant(server)).user();
      const { id } = await startCall(user.client, { metadata: largestMetadata() });
      await user.client.data('mutation ($id: ID!) { endCall(id: $id) { id } }', { id });
      const stream = user.client.subscribe(
        `subscription { callEvents(after: "") { sequence call { ${METADATA_AGAIN} } } }`,
      );
      await stream.until(({ errors }) => errors.length >= 2, 'a second event');
      expect(stream.errors.map(({ extensions }) => extensions.code)).toEqual(
        stream.errors.map(() => 'QUERY_TOO_COMPLEX'),
      );
      expect([stream.closing, stream.isComplete]).toEqual([null, false]);
      stream.stop();
      await user.client.close();
    } finally {
      await server.stop();
    }
  });
});
