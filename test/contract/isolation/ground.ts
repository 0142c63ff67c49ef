import type { Connection, Model, Schema } from 'mongoose';
import mongoose from 'mongoose';
import { connectMongo } from '../../../src/mongo/mongo-connection.js';
import { newObjectId, type ObjectId } from '../../../src/mongo/object-id.js';
import { scopeStore } from '../../../src/tenancy/scope-store.js';
import { jobScope } from '../../../src/tenancy/tenant-scope.js';
import type { Loose } from '../../kit/client.js';
import { testEngines } from '../../kit/engines.js';
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
  /** All rows of tenant B as bytes. */
  bytesOfB(): Promise<string>;
  /** All rows of tenant A as bytes. */
  bytesOfA(): Promise<string>;
  /** How many rows belong to neither tenant. */
  strays(): Promise<number>;
  /** What must never stand in an answer to A. */
  readonly marksOfB: readonly string[];
}

/** Opens a database of the caller's own. */
export async function openDatabase(): Promise<Connection> {
  return connectMongo(testEngines().mongodbUri);
}

/** Prepares the ground for a schema, compiled as its server compiles it. */
export async function groundOf(
  connection: Connection,
  definition: { readonly model: string; readonly collection: string; readonly schema: Schema<Loose> },
): Promise<Ground> {
  const { schema } = definition;
  const model = connection.model(definition.model, schema, definition.collection) as unknown as Model<Loose>;
  const raw = connection.collection(definition.collection);
  const [tenantA, tenantB] = [newObjectId(), newObjectId()];
  const row = (tenantId: ObjectId, canary: string) => ({ ...rowOf(schema, canary), tenantId }) as Row;
  const a = [row(tenantA, 'canary-a'), row(tenantA, 'canary-a')] as const;
  const b = [row(tenantB, 'canary-b'), row(tenantB, 'canary-b')] as const;
  const bytesOf = async (tenantId: ObjectId) => {
    const rows = await raw.find({ tenantId }).sort({ _id: 1 }).toArray();
    return rows.map(found => Buffer.from(mongoose.mongo.BSON.serialize(found)).toString('hex')).join('\n');
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
    bytesOfA: () => bytesOf(tenantA),
    bytesOfB: () => bytesOf(tenantB),
    strays: () => raw.countDocuments({ tenantId: { $nin: [tenantA, tenantB] } }),
    marksOfB: ['canary-b', tenantB.toHexString(), ...b.map(({ _id }) => _id.toHexString())],
  };
  await ground.reset();
  return ground;
}
