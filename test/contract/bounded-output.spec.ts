import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { GraphQLSchemaHost } from '@nestjs/graphql';
import { execute, GraphQLObjectType, GraphQLSchema, isIntrospectionType, isObjectType, parse } from 'graphql';
import {
  ANSWER_TOO_LARGE,
  answerBoundsOf,
  MAX_ANSWER_FIELDS,
} from '../../src/entry/graphql/answer-bounds.js';
import { startTestServer } from '../kit/server.js';

const SOURCE = fileURLToPath(new URL('../../src', import.meta.url));

/** The server's own files: other programs answer no stranger. */
const FILES = readdirSync(SOURCE, { recursive: true })
  .map(name => relative(SOURCE, join(SOURCE, String(name))).replaceAll('\\', '/'))
  .filter(name => name.endsWith('.ts') && !/\.spec\.ts$|^(simulator|doctor|operator|embedded)\//.test(name))
  .map(name => ({ name, text: readFileSync(join(SOURCE, name), 'utf8') }));
const filesWith = (pattern: RegExp) =>
  FILES.filter(({ text }) => pattern.test(text))
    .map(({ name }) => name)
    .sort();

/** Where bytes leave for clients, and what bounds them there. */
const WRITERS: Readonly<Record<string, string>> = {
  'entry/http/refuse.ts': 'one error with a short text',
  'entry/http/security-headers.ts': 'headers alone',
  'entry/playground/playground.ts': "the build's own files",
  'entry/sockets/socket-writer.ts': 'answers of executeBounded; 1 MB and 10 s for who does not read',
  'entry/sse/event-stream.ts': 'answers of executeBounded; 1 MB and 10 s for who does not read',
  'jobs/virtual-time.ts': 'no client of the server: it is one of the simulator',
  'modules/privacy/exports.controller.ts':
    'piece by piece, as it is read; PAUSED_MS and LEAST_BYTES_PER_SECOND',
  'recordings/serve-recording.ts': 'piece by piece, as it is read; PAUSED_MS and LEAST_BYTES_PER_SECOND',
  'upgrades/upgrade-router.ts': 'one line',
};

describe('What leaves the server', () => {
  it('is executed by executeBounded alone, so that no door has answers without bounds', () => {
    expect(
      filesWith(
        /import \{[^}]*\b(execute|executeSync|graphql|graphqlSync|subscribe)\b[^}]*\} from 'graphql'/,
      ),
    ).toEqual(['entry/graphql/bounded-execution.ts']);
  });

  it('is written at places that are known, each with its bound', () => {
    const writes =
      /\b(response|socket|res)\s*\.(status\([^)]*\)\s*)?(\.)?(write|end|send|json|sendFile)\(|pipeline\([^;]*\bresponse\b/;
    const found = filesWith(writes);
    const unknown = found.filter(name => !(name in WRITERS));
    expect(unknown).toEqual([]);
  });

  it('has every field of the schema counted for the answer that it stands in', async () => {
    const server = await startTestServer();
    try {
      const { schema } = server.app.get(GraphQLSchemaHost, { strict: false });
      const types = Object.values(schema.getTypeMap()).filter(
        type => isObjectType(type) && !isIntrospectionType(type),
      );
      const uncounted: string[] = [];
      for (const type of types) {
        if (!isObjectType(type) || type === schema.getMutationType()) continue;
        for (const field of Object.values(type.getFields())) {
          const context = {};
          for (let count = 0; count <= MAX_ANSWER_FIELDS; count += 1) answerBoundsOf(context).field();
          const info = { schema } as never;
          // Where there is no room, a list is empty and everything else an error, whatever the source is.
          const resolved: unknown = await Promise.resolve(field.resolve?.({}, {}, context, info)).catch(
            (error: unknown) => error,
          );
          const isStopped = Array.isArray(resolved) ? resolved.length === 0 : resolved === ANSWER_TOO_LARGE;
          if (!isStopped) uncounted.push(`${type.name}.${field.name}`);
        }
      }
      expect(uncounted).toEqual([]);
      expect(types.length).toBeGreaterThan(30);
    } finally {
      await server.stop();
    }
  });

  it('ends with an error and not with the process when there is room for a part of a list alone', async () => {
    const server = await startTestServer();
    try {
      const { schema } = server.app.get(GraphQLSchemaHost, { strict: false });
      const unhandled: unknown[] = [];
      const note = (error: unknown) => unhandled.push(error);
      process.on('unhandledRejection', note);
      const context = {};
      for (let count = 0; count < MAX_ANSWER_FIELDS - 50; count += 1) answerBoundsOf(context).field();
      const calls = {
        nodes: Array.from({ length: 100 }, () => ({
          id: new Promise(resolve => setTimeout(resolve, 5, 'x')),
          voice: 'z',
          isSimulated: true,
          providerCallId: 'y',
        })),
      };
      const type = schema.getType('CallConnection');
      if (!isObjectType(type)) throw new Error('There is no such type');
      const query = new GraphQLObjectType({
        name: 'Query',
        fields: { calls: { type, resolve: () => calls } },
      });
      const result = await execute({
        schema: new GraphQLSchema({ query }),
        document: parse('{ calls { nodes { id voice isSimulated providerCallId } } }'),
        contextValue: context,
      });
      await new Promise(resolve => setTimeout(resolve, 50));
      process.off('unhandledRejection', note);
      expect([result.data, unhandled]).toEqual([{ calls: null }, []]);
    } finally {
      await server.stop();
    }
  });

  it('stops in the middle of an execution, not at its end', async () => {
    const server = await startTestServer();
    try {
      const { schema } = server.app.get(GraphQLSchemaHost, { strict: false });
      const context = {};
      for (let count = 0; count < MAX_ANSWER_FIELDS; count += 1) answerBoundsOf(context).field();
      const result = await execute({
        schema,
        document: parse('{ viewer { id } tenant { id } }'),
        contextValue: context,
      });
      expect(result.errors?.some(({ message }) => message === 'The answer is too large.')).toBe(true);
    } finally {
      await server.stop();
    }
  });
});
