import { type ASTNode, type GraphQLError, Kind, parse, visit } from 'graphql';
import type { ErrorDetails } from './domain-error.js';

/**
 * Which argument a GraphQL coercion or validation error speaks of, as `fields`. Variables are named in the
 * message (`at "input.role"`), literals by their place in the document.
 */
export function fieldsOfGraphQLError(error: GraphQLError): ErrorDetails {
  const path = pathOfVariable(error.message) ?? pathOfLiteral(error);
  return path ? { fields: { [path]: reasonOf(error.message) } } : {};
}

function pathOfVariable(message: string): string | null {
  const match =
    /^Variable "\$(\w+)" (?:got invalid value .*?(?: at "([^"]+)")?;|of (?:required|non-null) type)/s.exec(
      message,
    );
  return match ? (match[2] ?? match[1] ?? null) : null;
}

function pathOfLiteral(error: GraphQLError): string | null {
  const start = error.nodes?.[0]?.loc?.start;
  if (start === undefined || !error.source) return null;
  let found: string | null = null;
  try {
    visit(parse(error.source, { maxTokens: 5000 }), {
      enter(node, _key, _parent, _path, ancestors) {
        if (node.loc?.start === start && found === null)
          found = argumentPath([...ancestors.flat(), node] as ASTNode[]);
      },
    });
  } catch {
    return null;
  }
  return found;
}

function argumentPath(nodes: readonly ASTNode[]): string | null {
  const names = nodes.flatMap(node =>
    node.kind === Kind.ARGUMENT || node.kind === Kind.OBJECT_FIELD ? [node.name.value] : [],
  );
  return names.length > 0 ? names.join('.') : null;
}

const reasonOf = (message: string): string => message.split('; ').at(-1) ?? message;
