import { randomBytes } from 'node:crypto';
import { inspect } from 'node:util';
import type { Connection, Model, mongo } from 'mongoose';
import type { CommandGuard } from '../../mongo/command-guard.js';
import { connectMongo } from '../../mongo/mongo-connection.js';
import { newObjectId, type ObjectId } from '../../mongo/object-id.js';
import { type ScopedDocument, scopedSchema } from '../../tenancy/plugin/scoped-schema.js';
import { systemSchema } from '../../tenancy/plugin/system-schema.js';
import { scopeStore } from '../../tenancy/scope-store.js';
import { jobScope } from '../../tenancy/tenant-scope.js';

/** Tenant-owned, as small as it can be; `group` is the same in all rows, so that a join would find those of both. */
export interface Row extends ScopedDocument {
  name: string;
  group: string;
}

/** Of no tenant. */
export interface SystemRow {
  _id: ObjectId;
  name: string;
}

/** Stages that join a row with all that are of its group; made anew each time, since a wall may write into them. */
export const lookup = () => ({
  $lookup: { from: 'rows', localField: 'group', foreignField: 'group', as: 'joined' },
});
export const graphLookup = () => ({
  $graphLookup: {
    from: 'rows',
    startWith: '$group',
    connectFromField: 'name',
    connectToField: 'group',
    as: 'joined',
  },
});
export const CHANGE = { $set: { name: 'changed' } };

/** What stands in every row of the tenant that nobody here works for. */
const CANARY = 'a-row-of-the-other-tenant';

/** Where a wall is tried by itself: two rows of the tenant that everything is done for, and two of another. */
export interface Ground {
  readonly connection: Connection;
  readonly model: Model<Row>;
  readonly systemModel: Model<SystemRow>;
  readonly own: ObjectId;
  readonly other: ObjectId;
  readonly ownRows: readonly [Row, Row];
  readonly otherRows: readonly [Row, Row];
  /** Runs for the own tenant. */
  inScope<T>(work: () => Promise<T>, tenantId?: ObjectId): Promise<T>;
  /** Whether something that came back shows a row of the other tenant. */
  shows(result: unknown): boolean;
  /** Puts the rows back where they are touched; returns whether one was that is not the own tenant's. */
  restore(): Promise<boolean>;
}

/** A database that is made for this, and dropped again. */
export class TrialDatabase {
  private readonly connections: Connection[] = [];

  private constructor(
    private readonly uri: string,
    private readonly raw: Connection,
  ) {}

  /** Makes one on the server that a URI leads to; what the URI names otherwise is not touched. @throws when none answers. */
  static async open(uri: string): Promise<TrialDatabase> {
    const own = new URL(uri);
    own.pathname = `/voho_walls_${randomBytes(6).toString('hex')}`;
    return new TrialDatabase(own.href, await connectMongo(own.href, { check: () => undefined }));
  }

  /** The rows, and the way to them behind a guard. */
  async ground(guard: CommandGuard): Promise<Ground> {
    const connection = await connectMongo(this.uri, guard);
    this.connections.push(connection);
    const model = connection.model<Row>(
      'Row',
      scopedSchema<Row>({ name: { type: String, required: true }, group: { type: String, required: true } }),
      'rows',
    );
    const systemModel = connection.model<SystemRow>(
      'SystemRow',
      systemSchema<SystemRow>('work', { name: { type: String, required: true } }),
      'systemRows',
    );
    const [own, other] = [newObjectId(), newObjectId()];
    const row = (tenantId: ObjectId, name: string): Row => ({
      _id: newObjectId(),
      tenantId,
      name,
      group: 'g',
    });
    const ownRows = [row(own, 'one'), row(own, 'two')] as const;
    const otherRows = [row(other, `${CANARY} 1`), row(other, `${CANARY} 2`)] as const;
    const rows = this.raw.collection<Row>('rows');
    const put = async () => {
      await rows.deleteMany({});
      await rows.insertMany([...ownRows, ...otherRows]);
    };
    await put();
    return {
      connection,
      model,
      systemModel,
      own,
      other,
      ownRows,
      otherRows,
      inScope: (work, tenantId = own) => scopeStore.runInScope(jobScope(tenantId, 'doctor'), work),
      shows: result => {
        const text = inspect(result, { depth: 8, maxArrayLength: null, maxStringLength: null });
        return [CANARY, other, ...otherRows.map(({ _id }) => _id)].some(mark => text.includes(String(mark)));
      },
      async restore() {
        const stored = await rows.find({}).sort({ _id: 1 }).toArray();
        const textOf = (found: readonly mongo.WithId<Row>[]) => JSON.stringify(found);
        const notOwn = stored.filter(({ tenantId }) => !own.equals(tenantId));
        const isTouched = textOf(stored) !== textOf([...ownRows, ...otherRows]);
        if (isTouched) await put();
        return textOf(notOwn) !== textOf([...otherRows]);
      },
    };
  }

  /** Drops it. */
  async close(): Promise<void> {
    await this.raw.getClient().db().dropDatabase();
    for (const connection of [...this.connections, this.raw]) await connection.destroy();
  }
}
