import type { FactoryProvider } from '@nestjs/common';
import type { Connection, Model, Schema } from 'mongoose';
import { MONGO_CONNECTION } from './mongo.tokens.js';

/** A collection: its model's name, its own name and its schema, with a token to inject the model by. */
export interface CollectionDefinition<T> {
  readonly token: symbol;
  readonly model: string;
  readonly collection: string;
  readonly schema: Schema<T>;
}

const definitions = new Map<string, CollectionDefinition<unknown>>();

/** Declares a collection. Declaring a model's name twice is refused. */
export function defineCollection<T>(
  model: string,
  collection: string,
  schema: Schema<T>,
): CollectionDefinition<T> {
  if (definitions.has(model)) throw new Error(`The model ${model} is declared twice`);
  const definition = { token: Symbol(`${model}Model`), model, collection, schema };
  definitions.set(model, definition as unknown as CollectionDefinition<unknown>);
  return definition;
}

/** Every collection declared so far. */
export function collectionDefinitions(): readonly CollectionDefinition<unknown>[] {
  return [...definitions.values()];
}

/** Provides a collection's model, bound to the one connection. */
export function modelProvider<T>(definition: CollectionDefinition<T>): FactoryProvider<Model<T>> {
  return {
    provide: definition.token,
    inject: [MONGO_CONNECTION],
    useFactory: (connection: Connection) =>
      connection.model<T>(definition.model, definition.schema, definition.collection),
  };
}
