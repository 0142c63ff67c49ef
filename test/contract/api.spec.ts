import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import {
  buildSchema,
  DangerousChangeType,
  findBreakingChanges,
  findDangerousChanges,
  type GraphQLObjectType,
  type GraphQLSchema,
} from 'graphql';

const PROMISE = new URL('../../../shared/design/api.graphql', import.meta.url);
const EMITTED = new URL('../../schema.gql', import.meta.url);

/** The promised schema, with the connection types that it describes in a comment alone. */
function promisedSchema(): GraphQLSchema {
  const text = readFileSync(PROMISE, 'utf8');
  const nodes = [...new Set([...text.matchAll(/(\w+)Connection\b/g)].map(([, node]) => String(node)))].filter(
    node => node !== 'X',
  );
  const connections = nodes.map(
    node => `type ${node}Edge { cursor: String! node: ${node}! }
      type ${node}Connection { edges: [${node}Edge!]! nodes: [${node}!]! pageInfo: PageInfo! totalCount: Int! }`,
  );
  return buildSchema([text, ...connections].join('\n'), { assumeValid: true });
}

const rootFields = (schema: GraphQLSchema, root: string) =>
  Object.keys((schema.getType(root) as GraphQLObjectType).getFields());

const isThere = existsSync(PROMISE);
const whereItIs = isThere ? describe : describe.skip;

describe('The promised API', () => {
  it('is compared where the design folder is there, beside the repository', () => {
    if (!isThere) process.stdout.write('The promised API is not here: schema.gql is not compared with it.\n');
    expect(existsSync(EMITTED)).toBe(true);
  });
});

whereItIs('The public API', () => {
  const emitted = buildSchema(readFileSync(EMITTED, 'utf8'));
  const promised = isThere ? promisedSchema() : emitted;

  it('holds what was promised: names, nullability, arguments', () => {
    expect(findBreakingChanges(promised, emitted)).toEqual([]);
  });

  it('has the defaults that were promised', () => {
    const defaults = findDangerousChanges(promised, emitted).filter(
      ({ type }) => type === DangerousChangeType.ARG_DEFAULT_VALUE_CHANGE,
    );
    expect(defaults).toEqual([]);
    for (const [name, type] of Object.entries(promised.getTypeMap())) {
      const ours = emitted.getType(name);
      if (!ours || !('getFields' in type) || !('getFields' in ours)) continue;
      for (const [field, promise] of Object.entries(type.getFields())) {
        const made = ours.getFields()[field];
        if (!made || !('defaultValue' in promise) || !('defaultValue' in made)) continue;
        expect([name, field, made.defaultValue]).toEqual([name, field, promise.defaultValue]);
      }
    }
  });

  it.each(['Query', 'Mutation', 'Subscription'])('%s has all the root fields that were promised', root => {
    const missing = rootFields(promised, root).filter(field => !rootFields(emitted, root).includes(field));
    expect(missing).toEqual([]);
  });
});
