import { GraphQLDateTimeISO, GraphQLJSONObject } from 'graphql-scalars';
import { GraphQLScalarType } from 'graphql';

/** ISO-8601 in UTC, both ways. */
export const DateTime = new GraphQLScalarType({
  ...GraphQLDateTimeISO.toConfig(),
  name: 'DateTime',
  description: 'A moment in time: ISO-8601, UTC, such as 2026-01-31T12:00:00.000Z.',
});

/** A JSON object. */
export const JSONObject = new GraphQLScalarType({
  ...GraphQLJSONObject.toConfig(),
  name: 'JSONObject',
  description: 'A JSON object.',
});
