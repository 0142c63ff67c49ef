import { Client, type Loose } from '../kit/client.js';
import { largestMetadata, storeHeavyCalls } from '../kit/heavy-calls.js';
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
  await verifyTenants(mongodbUri);
  const user = await tenant.user();
  for (let made = 1; made < USERS; made += 1) await tenant.user();
  const call = await startCall(user.client, { metadata: largestMetadata() });
  await user.client.data('mutation ($id: ID!) { endCall(id: $id) { id } }', { id: call.id });
  await callWithStatus(user.client, call.id as string, 'COMPLETED', 'FAILED', 'ENDED');
  const outside = outsideDatabase(mongodbUri);
  await storeHeavyCalls(outside.db, {
    of: call.id as string,
    count: CALLS,
    systemPrompt: 's'.repeat(20_000),
    summary: 'y'.repeat(20_000),
    utterances: Array.from({ length: UTTERANCES }, () => 'u'.repeat(2000)),
  });
  await outside.close();
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

/** Takes every tenant for verified, which a mail would do in production. */
export async function verifyTenants(mongodbUri: string): Promise<void> {
  const outside = outsideDatabase(mongodbUri);
  await outside.db.collection('tenants').updateMany({}, { $set: { pendingVerification: null } });
  await outside.close();
}
