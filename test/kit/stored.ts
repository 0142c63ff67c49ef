import type { Connection } from 'mongoose';
import mongoose from 'mongoose';
import { MONGO_CONNECTION } from '../../src/mongo/mongo.tokens.js';
import type { TestServer } from './server.js';

/** Everything that is stored, by collection, each document as bytes; of one tenant alone when its id is given. */
export async function stored(
  server: TestServer,
  { tenantHex, except = [] }: { tenantHex?: string; except?: readonly string[] } = {},
): Promise<Record<string, string[]>> {
  const { db } = server.app.get<Connection>(MONGO_CONNECTION);
  if (!db) throw new Error('The server is connected');
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
