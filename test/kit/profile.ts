import type { Connection } from 'mongoose';
import { MONGO_CONNECTION } from '../../src/mongo/mongo.tokens.js';
import type { Loose } from './client.js';
import type { TestServer } from './server.js';

/** The collections that MongoDB was asked about while `work` ran, as MongoDB itself tells. */
export async function collectionsAsked(server: TestServer, work: () => Promise<unknown>): Promise<string[]> {
  const { db } = server.app.get<Connection>(MONGO_CONNECTION);
  if (!db) throw new Error('The server is connected');
  await db.setProfilingLevel('all');
  await work();
  await db.setProfilingLevel('off');
  const profile = db.collection('system.profile');
  const entries = (await profile.find({}).toArray()) as Loose[];
  await profile.drop();
  return [...new Set(entries.map(({ ns }) => String(ns).split('.').slice(1).join('.')))];
}
