import { randomBytes } from 'node:crypto';
import { newObjectId } from '../../../src/mongo/object-id.js';
import type { Client, Loose } from '../../kit/client.js';
import { callWithStatus, PASSWORD, seedTenant, type SeededTenant, startCall } from '../../kit/seed.js';
import type { TestServer } from '../../kit/server.js';

/** Stands in every field of tenant B that takes a text. One word, so that a search could find it. */
export const CANARY = 'zyzzyva';

/** What an attempt may name: things of tenant B, or things that never were. */
export interface Names {
  readonly tenant: string;
  readonly user: string;
  readonly email: string;
  readonly agent: string;
  readonly call: string;
  readonly invitation: string;
  readonly audit: string;
  readonly event: string;
  readonly session: string;
  readonly key: string;
  readonly webhook: string;
  readonly delivery: string;
  readonly usersCursor: string;
  readonly agentsCursor: string;
  readonly callsCursor: string;
  readonly auditCursor: string;
  readonly eventsCursor: string;
}

/** A tenant with something of everything in it. */
export interface World {
  readonly tenant: SeededTenant;
  readonly names: Names;
  readonly invitationToken: string;
}

const CURSORS = `query ($call: ID!) {
  users { edges { cursor } } agents { edges { cursor } } calls { edges { cursor } } eventCursor
  auditEvents { nodes { id cursor } }
  call(id: $call) { events { nodes { id } } recording { url } summary }
}`;

/** Fills a tenant through the API; `word` stands in every text. */
export async function seedWorld(server: TestServer, word: string): Promise<World> {
  const unique = randomBytes(4).toString('hex');
  const tenant = await seedTenant(server, `${word} tenant`);
  const { client } = tenant.admin;
  const user = await tenant.user();
  await client.data('mutation ($input: UpdateBrandingInput!) { updateBranding(input: $input) { name } }', {
    input: { name: `${word} brand`, logoUrl: `https://${word}.example/logo.png` },
  });
  const { createAgent } = await client.data(
    'mutation ($input: CreateAgentInput!) { createAgent(input: $input) { id } }',
    { input: { name: `${word} agent`, systemPrompt: `You are ${word}.` } },
  );
  const { inviteUser } = await client.data(
    'mutation ($input: InviteUserInput!) { inviteUser(input: $input) { token invitation { id } } }',
    { input: { email: `${word}-${unique}@people.example` } },
  );
  const { createApiKey } = await client.data(
    'mutation ($input: CreateApiKeyInput!) { createApiKey(input: $input) { apiKey { id } } }',
    { input: { name: `${word} key`, scopes: ['CALLS_READ'] } },
  );
  const { createWebhook } = await client.data(
    'mutation ($input: CreateWebhookInput!) { createWebhook(input: $input) { webhook { id } } }',
    { input: { url: `https://${word}.example/hook`, events: ['CALL_STATUS_CHANGED'] } },
  );
  const call = await startCall(client, {
    agentId: createAgent.id,
    systemPrompt: `Greet ${word}.`,
    metadata: { word },
    variables: { name: word },
  });
  await callWithStatus(client, call.id, 'COMPLETED');
  const seen = await settled(client, call.id);
  const webhook = createWebhook.webhook.id as string;
  const delivery = await oneDelivery(client, webhook);
  // It would be tried again and again, since it leads nowhere.
  await client.data('mutation ($id: ID!) { setWebhookEnabled(id: $id, isEnabled: false) { id } }', {
    id: webhook,
  });
  return {
    tenant,
    invitationToken: inviteUser.token,
    names: {
      tenant: tenant.id,
      user: user.id,
      email: user.email,
      agent: createAgent.id,
      call: call.id,
      invitation: inviteUser.invitation.id,
      audit: seen.auditEvents.nodes[0].id,
      event: seen.call.events.nodes[0].id,
      session: `session_${newObjectId().toHexString()}`,
      key: createApiKey.apiKey.id,
      webhook,
      delivery,
      usersCursor: seen.users.edges[0].cursor,
      agentsCursor: seen.agents.edges[0].cursor,
      callsCursor: seen.calls.edges[0].cursor,
      auditCursor: seen.auditEvents.nodes[0].cursor,
      eventsCursor: seen.eventCursor,
    },
  };
}

/** Waits until everything about a call that is over is there: from then on nothing of it changes by itself. */
async function settled(client: Client, call: string): Promise<Loose> {
  const stream = client.subscribe(
    'subscription ($call: ID) { callEvents(callId: $call, after: "") { __typename } }',
    { call },
  );
  const types = () => stream.values.map(({ callEvents }) => callEvents.__typename as string);
  await stream.until(() =>
    ['CallTranscriptSettled', 'CallSummaryReady', 'CallRecordingReady'].every(type => types().includes(type)),
  );
  stream.stop();
  return client.data(CURSORS, { call });
}

async function oneDelivery(client: Client, webhook: string): Promise<string> {
  const deadline = Date.now() + 20_000;
  for (;;) {
    const { webhooks } = await client.data('{ webhooks { id deliveries { nodes { id } } } }');
    const { id } = webhooks.find((one: Loose) => one.id === webhook).deliveries.nodes[0] ?? {};
    if (id !== undefined) return id as string;
    if (Date.now() > deadline) throw new Error('Nothing is delivered');
    await new Promise(resolve => setTimeout(resolve, 50));
  }
}

/** Names of things that never were, each of the shape of a real one. */
export function nobody(like: Names): Names {
  const unknown = (id: string) => `${id.split('_')[0] ?? ''}_${newObjectId().toHexString()}`;
  const forged = (cursor: string) =>
    Buffer.from(Buffer.from(cursor, 'base64url').map(byte => byte ^ 1)).toString('base64url');
  return Object.fromEntries(
    Object.entries(like).map(([name, value]: [string, string]) => [
      name,
      name === 'email' ? 'nobody@people.example' : name.endsWith('Cursor') ? forged(value) : unknown(value),
    ]),
  ) as unknown as Names;
}

export { PASSWORD };
