import { CallEvents } from '../../src/events/call-events.js';
import { Sealer } from '../../src/events/sealer.js';
import { fromPublicId, toPublicId } from '../../src/ids/public-id.js';
import { newObjectId, type ObjectId } from '../../src/mongo/object-id.js';
import { UnitOfWork } from '../../src/mongo/unit-of-work.js';
import { TenantRunner } from '../../src/tenancy/tenant-runner.js';
import { jobScope } from '../../src/tenancy/tenant-scope.js';
import type { Loose } from './client.js';
import type { TestServer } from './server.js';
import type { SeededTenant } from './seed.js';

/** The events of all calls, with what it takes to check and to resume them. */
export const FEED = `subscription ($callId: ID, $after: String) {
  callEvents(callId: $callId, after: $after) { __typename cursor sequence callId }
}`;

/** What a subscriber of {@link FEED} has heard. */
export interface HeardEvent {
  readonly cursor: string;
  readonly sequence: number;
  readonly callId: string;
}

/** Runs something inside a server's own parts, in a tenant's scope, as a job of the server would. */
export function inTenant<T>(server: TestServer, tenant: SeededTenant, work: () => Promise<T>): Promise<T> {
  return server.app.get(TenantRunner).run(jobScope(tenantIdOf(tenant), 'test'), work);
}

export function tenantIdOf(tenant: SeededTenant): ObjectId {
  const id = fromPublicId('tenant', tenant.id);
  if (!id) throw new Error('Not a tenant id');
  return id;
}

/** Events of a call that nobody made, faster than any provider could tell them: `count` of them, 100 a transaction. */
export async function produceEvents(
  server: TestServer,
  tenant: SeededTenant,
  {
    count,
    from = 1,
    callId = newObjectId(),
    text = 'Hello.',
    ownerId = null,
  }: { count: number; from?: number; callId?: ObjectId; text?: string; ownerId?: ObjectId | null },
): Promise<string> {
  const [events, work, sealer] = [
    server.app.get(CallEvents),
    server.app.get(UnitOfWork),
    server.app.get(Sealer),
  ];
  await inTenant(server, tenant, async () => {
    for (let done = 0; done < count; done += 100) {
      const happenings = Array.from({ length: Math.min(100, count - done) }, (_, index) => ({
        type: 'utteranceAdded' as const,
        joinedAt: null,
        utterance: {
          ordinal: from + done + index,
          speaker: 'AGENT' as const,
          text,
          medium: 'VOICE' as const,
          startSeconds: null,
          endSeconds: null,
        },
      }));
      const subject = { callId, ownerId, lastSequence: from - 1 + done, occurredAt: new Date() };
      await work.run(() => events.append(subject, happenings));
    }
    await sealer.seal(tenantIdOf(tenant), 'calls');
  });
  return toPublicId('call', callId);
}

/** The sequences of each call, in the order they were heard. */
export function sequencesByCall(events: readonly HeardEvent[]): Record<string, number[]> {
  const calls: Record<string, number[]> = {};
  for (const { callId, sequence } of events) (calls[callId] ??= []).push(sequence);
  return calls;
}

/** 1, 2, 3 … n. */
export const upTo = (n: number): number[] => Array.from({ length: n }, (_, index) => index + 1);

/** The events that a stream of {@link FEED} has given so far. */
export const heardBy = (stream: { values: Loose[] }): HeardEvent[] =>
  stream.values.map(value => value.callEvents as HeardEvent);
