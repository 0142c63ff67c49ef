import type { FactoryProvider } from '@nestjs/common';
import type { Connection, Model, Schema } from 'mongoose';
import { MONGO_CONNECTION } from './mongo.tokens.js';

/**
 * What the server's own database user may do with the rows of a collection: anything; anything but remove them; or only
 * read and add. What it may not remove goes by the sweeper's user: see databaseRoles.
 */
export type RowAccess = 'full' | 'no-removal' | 'insert-only';

/** A collection: its model's name, its own name and its schema, with a token to inject the model by. */
export interface CollectionDefinition<T> {
  readonly token: symbol;
  readonly model: string;
  readonly collection: string;
  readonly schema: Schema<T>;
  readonly access: RowAccess;
}

const definitions = new Map<string, CollectionDefinition<unknown>>();

/** Declares a collection. Declaring a model's name twice is refused. */
export function defineCollection<T>(
  model: string,
  collection: string,
  schema: Schema<T>,
  access: RowAccess = 'full',
): CollectionDefinition<T> {
  if (definitions.has(model)) throw new Error(`The model ${model} is declared twice`);
  const definition = { token: Symbol(`${model}Model`), model, collection, schema, access };
  definitions.set(model, definition as unknown as CollectionDefinition<unknown>);
  return definition;
}

/** Every collection declared so far. */
export function collectionDefinitions(): readonly CollectionDefinition<unknown>[] {
  return [...definitions.values()];
}

/** A collection's model on a connection, compiled with the first use. */
export function modelOn<T>(
  connection: Connection,
  { model, schema, collection }: CollectionDefinition<T>,
): Model<T> {
  return (connection.models[model] as Model<T> | undefined) ?? connection.model<T>(model, schema, collection);
}

/** Provides a collection's model, bound to the server's own connection. */
export function modelProvider<T>(definition: CollectionDefinition<T>): FactoryProvider<Model<T>> {
  return {
    provide: definition.token,
    inject: [MONGO_CONNECTION],
    useFactory: (connection: Connection) => modelOn(connection, definition),
  };
}
