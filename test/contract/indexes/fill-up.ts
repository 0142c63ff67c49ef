import type { mongo } from 'mongoose';
import { newObjectId } from '../../../src/mongo/object-id.js';
import type { Loose } from '../../kit/client.js';

const COPIES = 400;
const LATER = new Date('2100-01-01T00:00:00.000Z');
const daysAgo = (index: number) => new Date(Date.now() - index * 3_600_000);

/** What makes a copy of a stored document different enough to be stored beside it. */
const COPIED: Readonly<Record<string, (index: number, original: Loose) => object>> = {
  users: index => ({
    email: `user-${index}@copies.example`,
    createdAt: daysAgo(index),
    role: index % 20 ? 'USER' : 'ADMIN',
  }),
  agents: index => ({ createdAt: daysAgo(index) }),
  agentVersions: index => ({ version: index + 2 }),
  invitations: index => ({ email: `open-${index}@copies.example`, createdAt: daysAgo(index) }),
  calls: index => ({
    createdAt: daysAgo(index),
    status: ['COMPLETED', 'FAILED', 'ENDED'][index % 3],
    metadataPairs: [`order=${index % 2 ? 42 : index}`],
    words: ['hello', index % 2 ? 'there' : 'you'],
  }),
  utterances: index => ({ ordinal: index + 1000 }),
  callEvents: (index, { sequence }) => ({
    sequence: Number(sequence) + index + 1000,
    position: index + 1000,
  }),
  auditEvents: index => ({ occurredAt: daysAgo(index), action: index % 2 ? 'user.login' : 'call.created' }),
  auditChain: index => ({ sequence: index + 1000, auditId: newObjectId() }),
  sessions: () => ({}),
  apiKeys: index => ({ createdAt: daysAgo(index), revokedAt: index % 2 ? LATER : null }),
  passwordResets: index => ({ email: `lost-${index % 20}@copies.example` }),
  webhooks: index => ({ createdAt: daysAgo(index), isEnabled: false }),
  webhookDeliveries: index => ({
    createdAt: daysAgo(index),
    position: index + 1000,
    status: index % 2 ? 'PENDING' : 'DELIVERED',
    nextAttemptAt: index % 2 ? LATER : null,
  }),
  // Not yet due, and of nobody: the server must leave them alone.
  jobs: () => ({ tenantId: newObjectId(), dueAt: LATER }),
  outbox: () => ({ tenantId: newObjectId(), createdAt: LATER }),
  callRoutes: () => ({ tenantId: newObjectId(), providerCallId: newObjectId().toHexString() }),
  earlyNews: () => ({
    providerCallId: newObjectId().toHexString(),
    expiresAt: new Date(Date.now() + 3_600_000),
  }),
  credentials: index => ({ _id: `copy-${index}` }),
  tenants: index => ({ subdomain: `copy-${index}` }),
};

/** What may have been removed by the time that it is to be copied. */
const SAMPLES: Readonly<Record<string, object>> = {
  jobs: { kind: 'call', wakes: 0, leaseId: null, leasedUntil: null },
  outbox: { stream: 'calls' },
  earlyNews: {},
};

/** Collections that hold many documents, and how many at the least. */
export const FILLED: Readonly<Record<string, number>> = Object.fromEntries(
  Object.keys(COPIED).map(collection => [collection, COPIES]),
);

/** Copies what the API has stored until a list of it has many pages. */
export async function fillUp(db: mongo.Db): Promise<void> {
  for (const [collection, differing] of Object.entries(COPIED)) {
    const original =
      SAMPLES[collection] ?? (await db.collection(collection).findOne({}, { sort: { _id: -1 } }));
    if (!original) throw new Error(`Nothing to copy in ${collection}`);
    const copies = Array.from({ length: COPIES }, (_, index) => ({
      ...original,
      _id: newObjectId(),
      ...differing(index, original),
    }));
    await db.collection<Loose>(collection).insertMany(copies);
  }
  // The feed goes on behind the copies: whoever has read them looks for nothing in front of them any more.
  await db.collection('streamHeads').updateMany({ stream: 'calls' }, { $set: { position: 1000 + COPIES } });
}
