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
  /** What has become of the rows: whether any is changed, and whether any is changed that A must not change. */
  look(): Promise<{ isTouched: boolean; isBroken: boolean }>;
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
  definition: { readonly model: string; readonly collection: string; readonly schema: Schema },
): Promise<Ground> {
  const { schema } = definition;
  const model = connection.model(definition.model, schema, definition.collection) as unknown as Model<Loose>;
  const raw = connection.collection(definition.collection);
  const [tenantA, tenantB] = [newObjectId(), newObjectId()];
  const row = (tenantId: ObjectId, canary: string) => ({ ...rowOf(schema, canary), tenantId }) as Row;
  const a = [row(tenantA, 'canary-a'), row(tenantA, 'canary-a')] as const;
  const b = [row(tenantB, 'canary-b'), row(tenantB, 'canary-b')] as const;
  const bytesOf = (rows: readonly object[]) =>
    rows.map(found => Buffer.from(mongoose.mongo.BSON.serialize(found)).toString('hex')).join();
  const untouched = { all: '', withoutA: '' };
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
      const { all, withoutA } = await stored();
      return { isTouched: all !== untouched.all, isBroken: withoutA !== untouched.withoutA };
    },
    marksOfB: ['canary-b', tenantB.toHexString(), ...b.map(({ _id }) => _id.toHexString())],
  };
  await ground.reset();
  Object.assign(untouched, await stored());
  return ground;
}
