import type { mongo } from 'mongoose';
import type { Findings } from './findings.js';

/** The rules of a collection, as far as they are about tenants. */
interface Rules {
  readonly validator?: {
    readonly $jsonSchema?: {
      readonly required?: readonly string[];
      readonly properties?: { readonly tenantId?: { readonly bsonType?: string } };
    };
  };
  /** Both are left out where they are `error` and `strict`. */
  readonly validationAction?: string;
  readonly validationLevel?: string;
}

/**
 * Reads in the database's own lists what it holds against a server that has gone wrong. Returns the names of the
 * collections that are tenant-owned: those whose documents have to have a tenant.
 */
export async function examineBackstops(db: mongo.Db, findings: Findings): Promise<ReadonlySet<string>> {
  const owned = new Set<string>();
  for (const { name, options } of (await db.listCollections().toArray()) as mongo.CollectionInfo[]) {
    const { validator, validationAction = 'error', validationLevel = 'strict' } = (options ?? {}) as Rules;
    const schema = validator?.$jsonSchema;
    if (!schema?.required?.includes('tenantId')) continue;
    owned.add(name);
    const add = (what: string) => findings.add(`MongoDB: ${name}`, what);
    if (validationAction !== 'error' || validationLevel !== 'strict')
      add('takes a document without a tenant, and says so at most');
    if (schema.properties?.tenantId?.bsonType !== 'objectId') add('takes a tenant that is no id');
    for (const { unique, key } of await db.collection(name).indexes()) {
      if (unique === true && Object.keys(key)[0] !== 'tenantId')
        add(`a unique index is common to all tenants: ${JSON.stringify(key)}`);
    }
  }
  if (owned.size === 0) findings.add('MongoDB', 'no collection refuses documents without a tenant');
  return owned;
}
