import type { mongo } from 'mongoose';
import type { Loose } from './client.js';

/** All documents of a database, by collection. */
export type Backup = ReadonlyMap<string, readonly Loose[]>;

const collectionsOf = async (db: mongo.Db): Promise<string[]> =>
  (await db.listCollections().toArray()).map(({ name }) => name).filter(name => !name.startsWith('system.'));

/** Takes a backup of a database, at a moment at which nothing is written to it. */
export async function takeBackup(db: mongo.Db): Promise<Backup> {
  const backup = new Map<string, Loose[]>();
  for (const name of await collectionsOf(db))
    backup.set(name, await db.collection<Loose>(name).find().toArray());
  return backup;
}

/** Puts a database back to what a backup holds: what has come since is gone. */
export async function restoreBackup(db: mongo.Db, backup: Backup): Promise<void> {
  for (const name of await collectionsOf(db)) {
    await db.collection(name).deleteMany({});
    const documents = backup.get(name) ?? [];
    if (documents.length > 0) await db.collection<Loose>(name).insertMany([...documents]);
  }
}
