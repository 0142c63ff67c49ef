import mongoose from 'mongoose';
import type { TestServer } from './server.js';

/** Everything that is stored, by collection, each document as bytes; of one tenant alone when its id is given. */
export async function stored(
  { db }: TestServer,
  { tenantHex, except = [] }: { tenantHex?: string; except?: readonly string[] } = {},
): Promise<Record<string, string[]>> {
  const result: Record<string, string[]> = {};
  for (const { name } of await db.listCollections().toArray()) {
    if (except.includes(name) || name.startsWith('system.')) continue;
    const id = tenantHex === undefined ? null : new mongoose.Types.ObjectId(tenantHex);
    const filter = id ? { $or: [{ tenantId: id }, { _id: id }] } : {};
    const rows = await db.collection(name).find(filter).sort({ _id: 1 }).toArray();
    result[name] = rows.map(row => mongoose.mongo.BSON.EJSON.stringify(row));
  }
  return result;
}
