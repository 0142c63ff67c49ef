import mongoose, { type mongo } from 'mongoose';
import { examineBackstops } from './backstops.js';
import type { Findings } from './findings.js';

/** Room for what an examination makes the database do; MongoDB's own 1 MB would forget the most of it. */
const PROFILE_BYTES = 256_000_000;
const APP_NAME = 'voho-doctor';

type Part = Readonly<Record<string, unknown>>;
interface Entry {
  readonly ns: string;
  readonly op: string;
  readonly command?: Part;
  readonly originatingCommand?: Part;
  readonly client?: string;
  readonly appName?: string;
}

/**
 * MongoDB's own record of what it was asked, read as somebody who trusts none of the server's code. Which collections
 * are tenant-owned the database tells too: those that refuse a document without a tenant.
 */
export class ProfileAudit {
  /** Operations that were looked at. */
  count = 0;

  private constructor(
    private readonly client: mongo.MongoClient,
    private readonly db: mongo.Db,
  ) {}

  /** Starts recording. @throws when the database user has no right to. */
  static async start(uri: string): Promise<ProfileAudit> {
    const client = new mongoose.mongo.MongoClient(uri, { appName: APP_NAME });
    const db = client.db();
    await db.setProfilingLevel('off');
    await db.dropCollection('system.profile');
    await db.createCollection('system.profile', { capped: true, size: PROFILE_BYTES });
    await db.setProfilingLevel('all');
    return new ProfileAudit(client, db);
  }

  /** Ends the recording and judges it. */
  async end(findings: Findings): Promise<void> {
    await this.db.setProfilingLevel('off');
    const owned = await examineBackstops(this.db, findings);
    const prefix = `${this.db.databaseName}.`;
    const profile = this.db.collection('system.profile');
    for await (const entry of profile.find({ ns: { $gte: prefix, $lt: `${this.db.databaseName}/` } })) {
      this.judge(entry as unknown as Entry, owned, findings);
    }
    await this.db.dropCollection('system.profile');
    await this.client.close();
  }

  private judge(entry: Entry, owned: ReadonlySet<string>, findings: Findings): void {
    const { ns, op, client, appName } = entry;
    const collection = ns.slice(this.db.databaseName.length + 1);
    // What the database does by itself has no client, and removes what has expired.
    if (client === undefined || appName === APP_NAME || collection.startsWith('system.')) return;
    const command = entry.originatingCommand ?? entry.command ?? {};
    if (
      'createIndexes' in command ||
      'listIndexes' in command ||
      'collMod' in command ||
      'dropIndexes' in command ||
      'create' in command
    )
      return;
    this.count += 1;
    const fault = owned.has(collection) ? scopedFault(op, command) : reasonFault(command);
    if (fault)
      findings.add(`MongoDB: ${op} on ${collection}`, `${fault}: ${JSON.stringify(command).slice(0, 300)}`);
  }
}

/** Inserts are recorded without their documents, but the database itself wants a tenant in those. */
function scopedFault(op: string, command: Part): string | null {
  if (op === 'insert' || 'insert' in command) return null;
  if ('aggregate' in command) return pipelineFault(command['pipeline']);
  const filter = command['filter'] ?? command['query'] ?? command['q'];
  return names(filter) ? null : 'it names no tenant';
}

const names = (filter: unknown): boolean => {
  const { tenantId, $and } = (filter ?? {}) as { tenantId?: unknown; $and?: unknown[] };
  return tenantId instanceof mongoose.mongo.ObjectId || ($and?.some(names) ?? false);
};

function pipelineFault(pipeline: unknown): string | null {
  const stages = Array.isArray(pipeline) ? (pipeline as Part[]) : [];
  if (!names(stages[0]?.['$match'])) return 'its pipeline does not begin with a tenant';
  return (
    joinsIn(stages.slice(1))
      .map(pipelineFault)
      .find(fault => fault !== null) ?? null
  );
}

/** The pipelines that read another collection, at any depth; what has none of its own reads all of it. */
function joinsIn(stages: readonly Part[]): unknown[] {
  return stages.flatMap(stage => {
    const [name = ''] = Object.keys(stage);
    const value = stage[name] as Part;
    switch (name) {
      case '$lookup':
        return [value['pipeline']];
      case '$unionWith':
        return [typeof value === 'string' ? null : value['pipeline']];
      case '$graphLookup':
        return [[{ $match: value['restrictSearchWithMatch'] }]];
      case '$facet':
        return Object.values(value).flatMap(inner => joinsIn(inner as Part[]));
      case '$out':
      case '$merge':
        return [null];
      default:
        return [];
    }
  });
}

function reasonFault(command: Part): string | null {
  const { comment } = command;
  return typeof comment === 'string' && /^voho:[a-z.-]+$/.test(comment) ? null : 'it gives no reason';
}
