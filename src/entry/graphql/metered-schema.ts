import {
  defaultFieldResolver,
  getNamedType,
  type GraphQLField,
  type GraphQLFieldResolver,
  type GraphQLSchema,
  isIntrospectionType,
  getNullableType,
  isLeafType,
  isListType,
  isObjectType,
} from 'graphql';
import { ANSWER_TOO_LARGE, answerBoundsOf } from './answer-bounds.js';

/**
 * Has every field of a schema counted for the answer that it is resolved for, over every door: an answer stops as soon
 * as it is too large. Introspection's own fields are counted before, by its cost.
 * @returns the same schema, whose fields have been changed.
 */
export function meteredSchema(schema: GraphQLSchema): GraphQLSchema {
  const mutation = schema.getMutationType();
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type) || isIntrospectionType(type)) continue;
    for (const field of Object.values(type.getFields())) field.resolve = metered(field, type === mutation);
  }
  return schema;
}

function metered(
  field: GraphQLField<unknown, unknown>,
  isMutation: boolean,
): GraphQLFieldResolver<unknown, unknown> {
  const resolve = field.resolve ?? defaultFieldResolver;
  const isLeaf = isLeafType(getNamedType(field.type));
  const isList = isListType(getNullableType(field.type));
  const meter: GraphQLFieldResolver<unknown, unknown> = (source, values, context, info) => {
    const bounds = answerBoundsOf(context as object);
    // A list without items ends the work below it at once.
    if (!bounds.field() && !isMutation) return isList ? [] : stop();
    const resolved: unknown = resolve(source, values, context, info);
    if (!isLeaf) return resolved;
    if (resolved instanceof Promise)
      return resolved.then((value: unknown) => (bounds.value(value) ? value : stop()));
    return bounds.value(resolved) ? resolved : stop();
  };
  // Plain properties are told from computed fields by the text of their resolver, so it stays what it was.
  const text = field.resolve ? String(field.resolve) : 'root => root[name]';
  Object.defineProperty(meter, 'toString', { value: () => text });
  return meter;
}

/**
 * A promise and not an error that is thrown: what is thrown for an item of a list makes graphql-js leave the promises of
 * the items before it, and one of them that rejects later would end the process.
 */
const stop = (): Promise<never> => Promise.reject(ANSWER_TOO_LARGE);
