import '../../../src/app.module.js';
import type { Schema } from 'mongoose';
import { collectionDefinitions } from '../../../src/mongo/model-provider.js';

/** A declared collection, as loose as the cases need it. */
export interface Declared {
  readonly model: string;
  readonly collection: string;
  readonly schema: Schema;
}

const declared = (tenancies: readonly string[]): Declared[] =>
  collectionDefinitions()
    .filter(({ schema }) => tenancies.includes(String(schema.get('tenancy' as never))))
    .map(({ model, collection, schema }) => ({
      model,
      collection,
      schema: schema,
    }));

/** Every collection of tenant-owned data. The whole application is imported, so that all of them are declared. */
export const SCOPED: readonly Declared[] = declared(['scoped']);
/** Every collection of global and work data. */
export const SYSTEM: readonly Declared[] = declared(['global', 'work']);
/** Every collection there is. */
export const ALL: readonly Declared[] = collectionDefinitions();
