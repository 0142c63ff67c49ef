import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { buildSchema, parse, validate } from 'graphql';
import {
  CREATE_DEMO_CALL,
  END_CALL,
  FOLLOW_CALL,
  HEAR_CALL,
  READ_CALL,
} from '../../playground/live-call-operations.js';
import { READY_MADE_MODULES } from '../../playground/operations/all-modules.js';

const schema = buildSchema(readFileSync('schema.gql', 'utf8'));
const readyMade = READY_MADE_MODULES.flatMap(({ operations }) => operations);

describe('The operations of the playground', () => {
  it.each(readyMade.map(({ name, query }) => [name, query]))(
    '%s is valid against schema.gql',
    (name, query) => {
      const document = parse(query);
      expect(validate(schema, document)).toEqual([]);
      // The list finds an open tab by this name.
      expect(document.definitions.map(definition => 'name' in definition && definition.name.value)).toEqual([
        name,
      ]);
    },
  );

  it.each([CREATE_DEMO_CALL, FOLLOW_CALL, HEAR_CALL, READ_CALL, END_CALL])(
    'the demo call sends valid %s',
    query => {
      expect(validate(schema, parse(query))).toEqual([]);
    },
  );
});
