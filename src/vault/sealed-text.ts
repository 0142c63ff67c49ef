import type { Schema } from 'mongoose';

/** A schema's field that holds what the vault has sealed under this name, so that it is found when keys change. */
export interface SealedText {
  readonly type: typeof String;
  readonly default: null;
  readonly sealedAs: string;
}

/** Declares such a field. `sealedAs` is the `field` that the vault seals and opens it with. */
export function sealedText(sealedAs: string): SealedText {
  return { type: String, default: null, sealedAs };
}

/** The sealed fields of a schema, those of embedded documents included: from the path to the name. */
export function sealedPaths(schema: Schema, prefix = ''): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  schema.eachPath((path, type) => {
    const { sealedAs } = type.options as Partial<SealedText>;
    if (sealedAs !== undefined) found.set(prefix + path, sealedAs);
    const embedded = (type as { schema?: Schema }).schema;
    if (!embedded) return;
    for (const [inner, name] of sealedPaths(embedded, `${prefix}${path}.`)) found.set(inner, name);
  });
  return found;
}
