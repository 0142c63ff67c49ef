import { Socket } from 'node:net';
import type { Connection, Model, mongo, Schema } from 'mongoose';
import mongoose from 'mongoose';
import type { CommandGuard } from '../../../src/mongo/command-guard.js';
import { connectMongo } from '../../../src/mongo/mongo-connection.js';
import { newObjectId, type ObjectId } from '../../../src/mongo/object-id.js';
import { scopeStore } from '../../../src/tenancy/scope-store.js';
import { jobScope } from '../../../src/tenancy/tenant-scope.js';
import { WireGuard } from '../../../src/tenancy/wire-guard/wire-guard.js';
import type { Loose } from '../../kit/client.js';
import { testEngines } from '../../kit/engines.js';
import { outsideDatabase } from '../../kit/outside.js';
import { changeOf, rowOf } from './rows.js';

export type Row = Record<string, unknown> & { _id: ObjectId; tenantId: ObjectId };

/** Where the cases of one model are tried: two tenants with two rows each, in a collection of its own. */
export interface Ground {
  readonly connection: Connection;
  readonly model: Model<Loose>;
  readonly tenantA: ObjectId;
  readonly tenantB: ObjectId;
  readonly a: readonly [Row, Row];
  readonly b: readonly [Row, Row];
  /** A field that changes, and what to. */
  readonly change: Record<string, unknown>;
  /** A new document, of no tenant unless one is given. */
  fresh(tenantId?: ObjectId): Record<string, unknown>;
  /** Runs as tenant A. */
  asA<T>(work: () => Promise<T>): Promise<T>;
  /** Puts the four rows back, and nothing else. */
  reset(): Promise<void>;
  /** What has become of the rows: whether any is changed, and whether any is changed that A must not change. */
  look(): Promise<{ isTouched: boolean; isBroken: boolean }>;
  /** What must never stand in an answer to A. */
  readonly marksOfB: readonly string[];
}

/** A database of the caller's own, as the server sees it and as it is. */
export interface Database {
  readonly connection: Connection;
  readonly db: mongo.Db;
  close(): Promise<void>;
}

/** Lets everything pass: what the hooks do by themselves. */
export const NO_GUARD: CommandGuard = { check: () => undefined };

/** Opens a database, behind the guard that the server has unless another one is given. */
export async function openDatabase(guard: CommandGuard = new WireGuard()): Promise<Database> {
  const uri = testEngines().mongodbUri;
  const outside = outsideDatabase(uri);
  const connection = await connectMongo(uri, guard);
  return {
    connection,
    db: outside.db,
    async close() {
      await connection.destroy();
      await outside.close();
    },
  };
}

/** How often this process has written to any socket, whichever client it belongs to and whatever guards it. */
let socketWrites = 0;
const write = Socket.prototype.write;
Socket.prototype.write = function (this: Socket, ...args: unknown[]) {
  socketWrites += 1;
  return Reflect.apply(write, this, args) as boolean;
};

/** Prepares the ground for a schema, compiled as its server compiles it. */
export async function groundOf(
  { connection, db }: Database,
  definition: { readonly model: string; readonly collection: string; readonly schema: Schema },
): Promise<Ground> {
  const { schema } = definition;
  const model = connection.model(definition.model, schema, definition.collection) as unknown as Model<Loose>;
  const raw = db.collection<Loose>(definition.collection);
  const [tenantA, tenantB] = [newObjectId(), newObjectId()];
  const row = (tenantId: ObjectId, canary: string) => ({ ...rowOf(schema, canary), tenantId }) as Row;
  const a = [row(tenantA, 'canary-a'), row(tenantA, 'canary-a')] as const;
  const b = [row(tenantB, 'canary-b'), row(tenantB, 'canary-b')] as const;
  const bytesOf = (rows: readonly object[]) =>
    rows.map(found => Buffer.from(mongoose.mongo.BSON.serialize(found)).toString('hex')).join();
  const untouched = { all: '', withoutA: '' };
  let expected = 0;
  const stored = async () => {
    const rows = (await raw.find({}).sort({ _id: 1 }).toArray()) as unknown as Row[];
    return { all: bytesOf(rows), withoutA: bytesOf(rows.filter(found => !tenantA.equals(found.tenantId))) };
  };
  const ground: Ground = {
    connection,
    model,
    tenantA,
    tenantB,
    a,
    b,
    change: changeOf(schema),
    fresh: tenantId => ({ ...rowOf(schema, 'canary-a'), ...(tenantId ? { tenantId } : {}) }),
    asA: work => scopeStore.runInScope(jobScope(tenantA, 'isolation'), work),
    async reset() {
      await raw.deleteMany({});
      await raw.insertMany([...a, ...b]);
    },
    async look() {
      // Most cases are refused before anything leaves the process: then there is nothing to see.
      if (socketWrites === expected) return { isTouched: false, isBroken: false };
      expected = socketWrites + 1;
      const { all, withoutA } = await stored();
      return { isTouched: all !== untouched.all, isBroken: withoutA !== untouched.withoutA };
    },
    marksOfB: ['canary-b', tenantB.toHexString(), ...b.map(({ _id }) => _id.toHexString())],
  };
  await ground.reset();
  Object.assign(untouched, await stored());
  return ground;
}
