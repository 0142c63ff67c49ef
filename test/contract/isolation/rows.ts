import { randomBytes } from 'node:crypto';
import mongoose, { type Schema, type SchemaType } from 'mongoose';

/** Text that stands in every one of a tenant's rows where a text fits. */
export type Canary = string;

const unique = () => randomBytes(6).toString('hex');

/** A value that a path takes. `variant` 1 differs from 0, so that a change shows. */
function valueOf(path: SchemaType, canary: Canary, variant: 0 | 1): unknown {
  const { instance, options } = path as SchemaType & { options: { enum?: readonly unknown[] } };
  switch (instance) {
    case 'String':
      return options.enum ? options.enum.filter(Boolean).at(variant === 0 ? 0 : -1) : `${canary}-${unique()}`;
    case 'Number':
      return variant * 1000 + Math.floor(Math.random() * 1000);
    case 'Date':
      return new Date(Date.UTC(2030 + variant, 0, 1));
    case 'Boolean':
      return variant === 1;
    case 'ObjectId':
      return new mongoose.Types.ObjectId();
    case 'Array': {
      const { embeddedSchemaType } = path as unknown as { embeddedSchemaType: SchemaType };
      return [valueOf(embeddedSchemaType, canary, variant)];
    }
    case 'DocumentArrayElement':
    case 'Embedded': {
      const { schema } = path as unknown as { schema: Schema };
      return Object.fromEntries(
        ownPaths(schema).map(([name, part]) => [name, valueOf(part, canary, variant)]),
      );
    }
    default:
      return { canary: `${canary}-${unique()}` };
  }
}

const ownPaths = (schema: Schema): [string, SchemaType][] =>
  Object.entries<SchemaType>(schema.paths).filter(([name]) => name !== '_id' && name !== 'tenantId');

/** A document of a schema that could be stored as it is, all but its tenant. */
export function rowOf(schema: Schema, canary: Canary): Record<string, unknown> {
  return Object.fromEntries([
    ['_id', new mongoose.Types.ObjectId()],
    ...ownPaths(schema).map(([name, path]) => [name, valueOf(path, canary, 0)]),
  ]) as Record<string, unknown>;
}

/** The first path beside the tenant's, with a value that no row of {@link rowOf} has there. */
export function changeOf(schema: Schema): Record<string, unknown> {
  // Global and work data may be nothing but a tenant's id, which is no wall there.
  const [first] = [
    ...ownPaths(schema),
    ...Object.entries(schema.paths).filter(([name]) => name === 'tenantId'),
  ];
  if (!first) throw new Error('A schema needs a path beside its id');
  return { [first[0]]: valueOf(first[1], 'changed', 1) };
}
