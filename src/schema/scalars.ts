import { GraphQLDateTimeISO, GraphQLJSONObject } from 'graphql-scalars';
import { GraphQLError, GraphQLScalarType, Kind, type ValueNode } from 'graphql';
import { faultOfScalar, MOST_LEVELS, TOO_DEEP } from '../validation/client-values.js';

/** ISO-8601 in UTC, both ways. */
export const DateTime = new GraphQLScalarType({
  ...GraphQLDateTimeISO.toConfig(),
  name: 'DateTime',
  description: 'A moment in time: ISO-8601, UTC, such as 2026-01-31T12:00:00.000Z.',
});

/** A JSON object. Literals are held to what variables are held to, when the document is validated. */
export const JSONObject = new GraphQLScalarType({
  ...GraphQLJSONObject.toConfig(),
  name: 'JSONObject',
  description: 'A JSON object.',
  parseLiteral: (node, variables) => {
    // With variables it is read once more, to be executed: an error of then would not be the client's.
    if (!variables) assertStorable(node);
    return GraphQLJSONObject.parseLiteral(node, variables);
  },
});

/** @throws GraphQLError at what is nested too deep and at numbers that cannot be kept; the parser bounds texts. */
function assertStorable(node: ValueNode, outer: readonly ValueNode[] = []): void {
  const parts = [...outer, node];
  if (node.kind === Kind.INT || node.kind === Kind.FLOAT) {
    const reason = faultOfScalar(Number(node.value));
    if (reason !== null) throw new GraphQLError(`The value ${reason}`, { nodes: node });
  }
  const inner =
    node.kind === Kind.LIST
      ? node.values
      : node.kind === Kind.OBJECT
        ? node.fields.map(({ value }) => value)
        : null;
  if (inner && parts.length > MOST_LEVELS)
    throw new GraphQLError(`The value ${TOO_DEEP}`, { nodes: parts[1] ?? node });
  for (const part of inner ?? []) assertStorable(part, parts);
}
