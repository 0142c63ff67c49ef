import type { Loose } from './client.js';
import type { TestServer } from './server.js';

/** The collections that MongoDB was asked about while `work` ran, as MongoDB itself tells. */
export async function collectionsAsked({ db }: TestServer, work: () => Promise<unknown>): Promise<string[]> {
  await db.setProfilingLevel('all');
  await work();
  await db.setProfilingLevel('off');
  const profile = db.collection('system.profile');
  const entries = (await profile.find({}).toArray()) as Loose[];
  await profile.drop();
  return [...new Set(entries.map(({ ns }) => String(ns).split('.').slice(1).join('.')))];
}
