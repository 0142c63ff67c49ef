import mongoose, { type mongo } from 'mongoose';

/** A database as whoever has its address sees it: without the server's hooks and guard. */
export interface OutsideDatabase {
  readonly db: mongo.Db;
  readonly client: mongo.MongoClient;
  close(): Promise<void>;
}

/** Looks at a database from outside. Opens its connection with the first command. */
export function outsideDatabase(uri: string): OutsideDatabase {
  const client = new mongoose.mongo.MongoClient(uri);
  return { client, db: client.db(), close: () => client.close() };
}
