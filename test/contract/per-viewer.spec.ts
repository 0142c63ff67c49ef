import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { GraphQLSchemaHost } from '@nestjs/graphql';
import { getNamedType, type GraphQLSchema, isInterfaceType, isObjectType } from 'graphql';
import { isPerViewer } from '../../src/schema/per-viewer.js';
import { startTestServer, type TestServer } from '../kit/server.js';

/**
 * Fields below a call's event that are computed when they are asked for. Each is either marked as depending on the very
 * viewer, or stands here because all who may see the event get the same.
 */
const SAME_FOR_ALL = [
  'Call.agent',
  'Call.createdBy',
  'Call.queuePosition',
  'CallEvent.call',
  'Agent.versions',
];

describe('Results that subscribers share', () => {
  let server: TestServer;
  let schema: GraphQLSchema;
  beforeAll(async () => {
    server = await startTestServer();
    schema = server.app.get(GraphQLSchemaHost, { strict: false }).schema;
  });
  afterAll(() => server.stop());

  /** Every field that can be reached from an event, by `Type.field`. */
  function reachable() {
    const found = new Map<string, { computed: boolean; perViewer: boolean }>();
    const seen = new Set<string>();
    const walk = (name: string) => {
      const type = schema.getType(name);
      if (seen.has(name) || (!isObjectType(type) && !isInterfaceType(type))) return;
      seen.add(name);
      if (isInterfaceType(type)) for (const { name: object } of schema.getPossibleTypes(type)) walk(object);
      for (const field of Object.values(type.getFields())) {
        const isPlain = field.resolve === undefined || /^\(?root\)? => /.test(String(field.resolve));
        if (isObjectType(type))
          found.set(`${name}.${field.name}`, { computed: !isPlain, perViewer: isPerViewer(field) });
        walk(getNamedType(field.type).name);
      }
    };
    walk('CallEvent');
    return found;
  }

  it('hold no field that depends on the very viewer', () => {
    const perViewer = [...reachable()].filter(([, field]) => field.perViewer).map(([name]) => name);
    expect(perViewer.sort()).toEqual([
      'Call.events',
      'Call.joinUrl',
      'Call.recording',
      'Call.shortSummary',
      'Call.summary',
      'Call.transcript',
      'CallRecordingReady.recording',
    ]);
  });

  it('hold only computed fields that are known to be the same for all', () => {
    const computed = [...reachable()]
      .filter(([, field]) => field.computed && !field.perViewer)
      .map(([name]) => name.replace(/^Call[A-Z]\w*\.call$/, 'CallEvent.call'));
    expect([...new Set(computed)].sort()).toEqual([...SAME_FOR_ALL].sort());
  });
});
