import { randomBytes } from 'node:crypto';
import mongoose from 'mongoose';
import { Client, type Loose } from '../kit/client.js';
import { outsideDatabase } from '../kit/outside.js';
import { callWithStatus, seedTenant, startCall } from '../kit/seed.js';

/** More than a page. */
const CALLS = 120;
const UTTERANCES = 100;
const AGENTS = 100;
const VERSIONS = 60;
const USERS = 3;

/** Who asks, and what there is to be asked for. */
export interface HeavyTenant {
  readonly subdomain: string;
  readonly clients: Readonly<Record<'user' | 'admin', Client>>;
  /** Something of each type, by the type's name. */
  readonly ids: Readonly<Record<string, string>>;
}

/**
 * Makes a tenant whose data is as heavy as is allowed: full pages of calls with the largest metadata, prompts, summaries
 * and transcripts, and agents with many versions. Calls are multiplied in the database; all else is made by the API.
 */
export async function seedHeavyTenant(url: string, mongodbUri: string): Promise<HeavyTenant> {
  const source = { client: (credential = {}) => new Client(url, credential) };
  const tenant = await seedTenant(source);
  const user = await tenant.user();
  for (let made = 1; made < USERS; made += 1) await tenant.user();
  const call = await startCall(user.client, { metadata: largestMetadata() });
  await user.client.data('mutation ($id: ID!) { endCall(id: $id) { id } }', { id: call.id });
  await callWithStatus(user.client, call.id as string, 'COMPLETED', 'FAILED', 'ENDED');
  await multiply(mongodbUri, call.id as string);
  const { admin } = tenant;
  let agentId = '';
  for (let made = 0; made < AGENTS; made += 1) {
    const { createAgent }: Loose = await admin.client.data(
      'mutation ($input: CreateAgentInput!) { createAgent(input: $input) { id } }',
      { input: { name: `Agent ${made}`, systemPrompt: 'p'.repeat(20_000) } },
    );
    agentId = createAgent.id as string;
  }
  for (let made = 0; made < VERSIONS; made += 1) {
    await admin.client.data('mutation ($input: UpdateAgentInput!) { updateAgent(input: $input) { id } }', {
      input: { id: agentId, systemPrompt: `${made} ${'p'.repeat(19_000)}` },
    });
  }
  return {
    subdomain: tenant.subdomain,
    clients: { user: user.client, admin: admin.client },
    ids: { Call: call.id as string, Agent: agentId, User: user.id, Tenant: tenant.id },
  };
}

function largestMetadata(): Record<string, string> {
  return Object.fromEntries(
    Array.from({ length: 50 }, (_entry, index) => [`key-${index}-${'k'.repeat(90)}`, 'v'.repeat(1000)]),
  );
}

async function multiply(mongodbUri: string, publicId: string): Promise<void> {
  const outside = outsideDatabase(mongodbUri);
  try {
    const calls = outside.db.collection('calls');
    const stored = await calls.findOne({ _id: new mongoose.Types.ObjectId(publicId.slice('call_'.length)) });
    if (!stored) throw new Error('The call to multiply is not stored');
    const texts = {
      systemPrompt: 's'.repeat(20_000),
      summary: 'y'.repeat(20_000),
      shortSummary: 'y'.repeat(1000),
      words: [],
    };
    for (let made = 0; made < CALLS; made += 1) {
      const _id = new mongoose.Types.ObjectId();
      const createdAt = new Date((stored['createdAt'] as Date).getTime() + made + 1);
      const provider = { ...(stored['provider'] as object), callId: randomBytes(16).toString('hex') };
      await calls.insertOne({ ...stored, ...texts, _id, createdAt, provider });
      const utterances = Array.from({ length: UTTERANCES }, (_utterance, ordinal) => ({
        tenantId: stored['tenantId'] as object,
        callId: _id,
        ordinal,
        speaker: 'AGENT',
        text: 'u'.repeat(2000),
        medium: 'VOICE',
        startSeconds: ordinal,
        endSeconds: ordinal + 1,
      }));
      await outside.db.collection('utterances').insertMany(utterances);
    }
  } finally {
    await outside.close();
  }
}
