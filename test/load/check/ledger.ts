import { mongo } from 'mongoose';

/** What the usage ledger says of a call: the sum of its entries, and what the last one stood on. */
export interface Booked {
  readonly billedSeconds: number;
  readonly kind: string;
}

/** The ledger as it is stored, by the public ids of calls. */
export async function readLedger(mongodbUri: string): Promise<Map<string, Booked>> {
  const client = new mongo.MongoClient(mongodbUri);
  try {
    const entries = client.db().collection('usageEntries').find({}).sort({ callId: 1, ordinal: 1 });
    const booked = new Map<string, Booked>();
    for await (const { callId, kind, billedSeconds } of entries) {
      const id = `call_${String(callId)}`;
      const before = booked.get(id)?.billedSeconds ?? 0;
      booked.set(id, { kind: kind as string, billedSeconds: before + (billedSeconds as number) });
    }
    return booked;
  } finally {
    await client.close();
  }
}
