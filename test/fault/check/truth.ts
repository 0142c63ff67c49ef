import { mongo } from 'mongoose';
import type { Loose } from '../../kit/client.js';
import type { StoredEvent } from './histories.js';

/** A call as it is stored. */
export interface StoredCall {
  readonly id: string;
  readonly row: string;
  readonly key: string | null;
  readonly status: string;
  readonly sequence: number;
  readonly isEndWanted: boolean;
  readonly providerCallId: string | null;
  readonly isTranscriptSettled: boolean;
  readonly isSettled: boolean;
  /** What was said, in order. */
  readonly words: readonly string[];
}

/** Everything that is stored, read with a majority. */
export interface Truth {
  readonly calls: readonly StoredCall[];
  readonly events: readonly StoredEvent[];
  /** When the final status of each call was told. */
  readonly endsToldAt: ReadonlyMap<string, number>;
  /** How often each name of an agent was stored. */
  readonly agentNames: ReadonlyMap<string, number>;
  /** How many audit rows say that a call was made. */
  readonly creationsAudited: ReadonlyMap<string, number>;
  /** The calls that still have a place: in the queue, or on a seat. */
  readonly placed: readonly string[];
  /** Rows that wait for their place in a stream. */
  readonly waiting: number;
}

const FINAL = ['COMPLETED', 'FAILED', 'ENDED'];

/** Whether a call is over. */
export const isFinal = (status: string): boolean => FINAL.includes(status);

/** Reads the truth about one tenant straight from the store, past everything that is being tried. */
export async function readTruth(uri: string, tenantHex: string): Promise<Truth> {
  const client = new mongo.MongoClient(uri, {
    readConcern: { level: 'majority' },
    readPreference: 'primary',
  });
  const tenantId = new mongo.ObjectId(tenantHex);
  try {
    const read = async (collection: string, projection: Record<string, 1> = {}): Promise<Loose[]> =>
      client.db().collection(collection).find({ tenantId }, { projection }).toArray();
    const [calls, events, utterances, versions, audit, places, outbox] = [
      await read('calls'),
      await read('callEvents', { callId: 1, sequence: 1, position: 1, occurredAt: 1, happening: 1 }),
      await read('utterances', { callId: 1, ordinal: 1, text: 1 }),
      await read('agentVersions', { name: 1 }),
      await read('auditEvents', { action: 1, details: 1 }),
      await read('places'),
      await read('outbox', { stream: 1 }),
    ];
    const words = new Map<string, Loose[]>();
    for (const line of utterances) {
      const callId = String(line.callId);
      words.set(callId, [...(words.get(callId) ?? []), line]);
    }
    const ends = events.filter(({ happening }) => isFinal(String(happening.status)));
    return {
      calls: calls.map(call => storedCall(call, words.get(String(call._id)) ?? [])),
      events: events.map(event => ({
        id: `event_${String(event._id)}`,
        callId: `call_${String(event.callId)}`,
        sequence: event.sequence,
        position: event.position,
      })),
      endsToldAt: new Map(ends.map(event => [`call_${String(event.callId)}`, Number(event.occurredAt)])),
      agentNames: counted(versions.map(version => String(version.name))),
      creationsAudited: counted(
        audit.filter(row => row.action === 'call.created').map(row => String(row.details.callId)),
      ),
      placed: places.map(place => `call_${String(place._id)}`),
      waiting: outbox.length,
    };
  } finally {
    await client.close();
  }
}

function storedCall(call: Loose, lines: Loose[]): StoredCall {
  const { settlement } = call;
  return {
    id: `call_${String(call._id)}`,
    row: String(call.metadata.row ?? 'none'),
    key: call.idempotency?.key ?? null,
    status: call.status,
    sequence: call.sequence,
    isEndWanted: call.endRequestedAt !== null,
    providerCallId: call.provider.callId,
    isTranscriptSettled: settlement.transcript,
    isSettled:
      settlement.transcript && settlement.summary !== 'pending' && settlement.recording !== 'pending',
    words: lines.sort((a, b) => a.ordinal - b.ordinal).map(line => String(line.text)),
  };
}

function counted(names: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return counts;
}
