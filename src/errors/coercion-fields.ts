import { type ASTNode, type DocumentNode, GraphQLError, Kind, parse, visit, Source } from 'graphql';
import type { ErrorDetails } from './domain-error.js';

/** A message repeats what was sent, which may be long. */
const LONGEST_REASON = 300;

/**
 * Which argument a GraphQL coercion or validation error speaks of, as `fields`. Variables are named in the message
 * (`at "input.role"`), literals by their place in the document.
 */
export function fieldsOfGraphQLError(error: GraphQLError): ErrorDetails {
  const path =
    pathOfVariable(error) ??
    pathOfLiteral(error) ??
    pathOfBrokenText(error) ??
    missingArgument(error.message);
  if (path === null) return {};
  const reason = reasonOf(error);
  const member = memberOf(reason);
  const whole = member === null || path.endsWith(`.${member}`) ? path : `${path}.${member}`;
  return { fields: { [whole]: reason } };
}

/** What is wrong, without the value as a whole, which may hold secrets beside the part that is wrong. */
export function reasonOf(error: GraphQLError): string {
  const { message } = error.originalError instanceof GraphQLError ? error.originalError : error;
  return message.length > LONGEST_REASON ? `${message.slice(0, LONGEST_REASON)} …` : message;
}

function pathOfVariable({ message, originalError }: GraphQLError): string | null {
  const variable = /^Variable "\$(\w+)" (?:got invalid value |of (?:required|non-null) type )/.exec(
    message,
  )?.[1];
  if (variable === undefined) return null;
  // Cut at the known end: the value in the middle is the sender's text and may look like anything.
  const beforeReason = originalError
    ? message.slice(0, message.length - originalError.message.length - '; '.length)
    : '';
  return / at "([\w.[\]]+)"$/.exec(beforeReason)?.[1] ?? variable;
}

function pathOfLiteral({ nodes, source }: GraphQLError): string | null {
  const start = nodes?.[0]?.loc?.start;
  return start === undefined || !source ? null : pathAt(source, node => node.loc?.start === start);
}

/** Halves of characters, as they are written or escaped: GraphQL's parser reads no document that has one. */
const HALVES =
  /\p{Surrogate}|(?<!\\)\\u(?:[dD][89abAB][\da-fA-F]{2}(?!\\u[dD][c-fC-F])|[dD][c-fC-F][\da-fA-F]{2}(?<!\\u[dD][89abAB][\da-fA-F]{2}\\u.{4}))/gu;

/** Which argument holds the half of a character at which the parser has stopped: the rest of the document is read. */
function pathOfBrokenText({ nodes, source, positions, message }: GraphQLError): string | null {
  const at = positions?.[0];
  if (nodes || !source || at === undefined || !/^Syntax Error: Invalid (Unicode|character)/.test(message))
    return null;
  const whole = source.body.replace(HALVES, half => '?'.repeat(half.length));
  return pathAt(
    new Source(whole),
    ({ kind, loc }) => kind === Kind.STRING && !!loc && loc.start <= at && at < loc.end,
  );
}

const documents = new WeakMap<Source, DocumentNode>();

/** The document of a source, read once: the errors of one document, of which there may be a hundred, ask one by one. */
function documentOf(source: Source): DocumentNode {
  const document = documents.get(source) ?? parse(source, { maxLexicalTokens: 5000 });
  documents.set(source, document);
  return document;
}

/** The argument around the first node of a document that is looked for; null when there is none. */
function pathAt(source: Source, isWanted: (node: ASTNode) => boolean): string | null {
  let found: string | null = null;
  try {
    visit(documentOf(source), {
      enter(node, _key, parent, _path, ancestors) {
        if (found === null && isWanted(node))
          found = argumentPath([...ancestors, ...(parent ? [parent] : []), node].filter(isNode));
      },
    });
  } catch {
    return null;
  }
  return found;
}

/** Ancestors hold lists of siblings too. */
const isNode = (ancestor: ASTNode | readonly ASTNode[]): ancestor is ASTNode => 'kind' in ancestor;

function argumentPath(nodes: readonly ASTNode[]): string | null {
  const names = nodes.flatMap(node =>
    node.kind === Kind.ARGUMENT || node.kind === Kind.OBJECT_FIELD ? [node.name.value] : [],
  );
  return names.length > 0 ? names.join('.') : null;
}

/** A required argument that the document leaves out stands nowhere in it. */
function missingArgument(message: string): string | null {
  return /argument "(\w+)" of type .* is required, but it was not provided/.exec(message)?.[1] ?? null;
}

/** Errors of a field that is missing, or one too many, often point at the object around it. */
function memberOf(reason: string): string | null {
  const match =
    /^Field "(?:\w+\.)?(\w+)" (?:of required type .* was not provided|is not defined by type)/.exec(reason);
  return match?.[1] ?? null;
}
