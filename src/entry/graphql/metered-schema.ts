import {
  defaultFieldResolver,
  getNamedType,
  type GraphQLField,
  type GraphQLFieldResolver,
  type GraphQLSchema,
  isIntrospectionType,
  isLeafType,
  isObjectType,
} from 'graphql';
import { answerBoundsOf } from './answer-bounds.js';

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
  return (source, values, context, info) => {
    const bounds = answerBoundsOf(context as object);
    bounds.field(isMutation);
    const resolved: unknown = resolve(source, values, context, info);
    if (!isLeaf) return resolved;
    if (!(resolved instanceof Promise)) {
      bounds.value(resolved);
      return resolved;
    }
    return resolved.then((value: unknown) => {
      bounds.value(value);
      return value;
    });
  };
}
