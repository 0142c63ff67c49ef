import type { IncomingHttpHeaders } from 'node:http';
import Negotiator from 'negotiator';

/** The types of GraphQL's answers, as Apollo Server names them; the first where a client takes both alike. */
const JSON_TYPE = 'application/json; charset=utf-8';
const GRAPHQL_RESPONSE_TYPE = 'application/graphql-response+json; charset=utf-8';

/** The type of an answer's body that `Accept`, a weighted list, prefers; JSON where it allows none of ours. */
export function answerType(headers: IncomingHttpHeaders): string {
  if (headers.accept === undefined) return JSON_TYPE;
  return new Negotiator({ headers }).mediaType([JSON_TYPE, GRAPHQL_RESPONSE_TYPE]) ?? JSON_TYPE;
}

/** Whether an answer's status may tell of a refused request, as GraphQL over HTTP has it for its own type. */
export const prefersGraphqlResponse = (headers: IncomingHttpHeaders): boolean =>
  answerType(headers) === GRAPHQL_RESPONSE_TYPE;
