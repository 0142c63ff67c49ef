import { describe, expect, it } from '@jest/globals';
import { buildSchema, type DocumentNode, type ExecutionArgs, type GraphQLObjectType, parse } from 'graphql';
import { newObjectId } from '../../mongo/object-id.js';
import { type TenantScope, tenantScope } from '../../tenancy/tenant-scope.js';
import type { ApiKeyScope, Role } from '../../tenancy/viewer.js';
import { SharedExecutions } from './shared-executions.js';

const TENANT = newObjectId();

function someone(role: Role, tenantId = TENANT): TenantScope {
  return tenantScope({
    tenant: { id: tenantId, subdomain: 'acme' },
    viewer: { kind: 'user', userId: newObjectId(), sessionId: newObjectId(), role, label: 'someone' },
    requestId: 'test',
    origin: { transport: 'websocket', ip: null, userAgent: null },
  });
}

function someKey(...scopes: ApiKeyScope[]): TenantScope {
  return tenantScope({
    ...someone('ADMIN'),
    viewer: { kind: 'key', keyId: newObjectId(), scopes, label: 'some key' },
  });
}

/** A schema whose event counts how often it is looked at. */
function counted() {
  const schema = buildSchema(`
    type Query { nothing: Int }
    type Event { id: ID! word(upper: Boolean): String! secret: String! }
    type Subscription { events(after: String): Event! }`);
  const { secret } = (schema.getType('Event') as GraphQLObjectType).getFields();
  if (secret) secret.extensions = { perViewer: true };
  let looks = 0;
  const event = () => ({
    id: '1',
    word: () => {
      looks += 1;
      return 'hello';
    },
    secret: 'secret',
  });
  const shared = new SharedExecutions();
  const ask = async (
    scope: TenantScope,
    rootValue: { events: object },
    query: string | DocumentNode,
    variableValues: Record<string, unknown> = {},
    operationName: string | null = null,
  ) => {
    const document = typeof query === 'string' ? parse(query) : query;
    const args: ExecutionArgs = { schema, document, variableValues, operationName };
    return shared.executorOf(args, scope)(rootValue);
  };
  return { ask, root: () => ({ events: event() }), looks: () => looks };
}

const PLAIN = 'subscription ($after: String) { events(after: $after) { id word } }';

describe('Executions of one event', () => {
  it('are shared by all who see the same and ask the same, wherever they began', async () => {
    const { ask, root, looks } = counted();
    const event = root();
    const [one, other] = await Promise.all([
      ask(someone('ADMIN'), event, PLAIN, { after: 'here' }),
      ask(someone('ADMIN'), event, PLAIN, { after: 'there' }),
    ]);
    expect(one.data).toEqual({ events: { id: '1', word: 'hello' } });
    expect(other).toBe(one);
    expect(looks()).toBe(1);
  });

  it.each([
    ['of different visibility', someone('ADMIN'), someone('USER')],
    ['who are different people', someone('USER'), someone('USER')],
    ['of whom one is an API key', someone('ADMIN'), someKey('CALLS_READ')],
    ['who are API keys of different scopes', someKey('CALLS_READ'), someKey('CALLS_READ', 'AGENTS_READ')],
    ['of different tenants', someone('ADMIN'), someone('ADMIN', newObjectId())],
  ])('are not shared by viewers %s', async (_why, one, other) => {
    const { ask, root, looks } = counted();
    const event = root();
    await ask(one, event, PLAIN);
    await ask(other, event, PLAIN);
    expect(looks()).toBe(2);
  });

  it('are not shared between different events, questions and answering variables', async () => {
    const { ask, root, looks } = counted();
    const event = root();
    const admin = someone('ADMIN');
    const withVariable = 'subscription ($upper: Boolean) { events { word(upper: $upper) } }';
    await ask(admin, event, PLAIN);
    await ask(admin, root(), PLAIN);
    await ask(admin, event, `${PLAIN} `);
    await ask(admin, event, withVariable, { upper: true });
    await ask(admin, event, withVariable, { upper: false });
    expect(looks()).toBe(5);
  });

  it('are not shared where a field depends on the very viewer, in a fragment too', async () => {
    const { ask, root, looks } = counted();
    const event = root();
    const query = 'subscription { events { word ...More } } fragment More on Event { secret }';
    await ask(someone('ADMIN'), event, query);
    await ask(someone('ADMIN'), event, query);
    expect(looks()).toBe(2);
  });

  it('are not shared between a document and the same document after a door has added a field to it', async () => {
    const { ask, root, looks } = counted();
    const event = root();
    const sent = parse(PLAIN);
    const changed = parse('subscription ($after: String) { events(after: $after) { id word own: id } }');
    const added: DocumentNode = { ...sent, definitions: changed.definitions };
    const [plain, more] = await Promise.all([
      ask(someone('ADMIN'), event, sent),
      ask(someone('ADMIN'), event, added),
    ]);
    expect(plain.data).toEqual({ events: { id: '1', word: 'hello' } });
    expect(more.data).toEqual({ events: { id: '1', word: 'hello', own: '1' } });
    expect(looks()).toBe(2);
  });

  it.each([
    [
      'a directive of the root field',
      'subscription ($v: Boolean!) { events @include(if: $v) { word } }',
      [{ v: true }, { v: false }],
    ],
    [
      'a directive below the root field',
      'subscription ($v: Boolean!) { events { id word @skip(if: $v) } }',
      [{ v: true }, { v: false }],
    ],
    [
      'a fragment',
      'subscription ($v: Boolean) { events { ...Word } } fragment Word on Event { word(upper: $v) }',
      [{ v: true }, { v: false }, {}],
    ],
    [
      'a fragment of the root',
      'subscription ($v: Boolean) { ...Root } fragment Root on Subscription { events { word(upper: $v) } }',
      [{ v: true }, { v: false }],
    ],
  ])('are not shared where a variable decides in %s', async (_where, query, variables) => {
    const { ask, root } = counted();
    const event = root();
    const outcomes = await Promise.all(
      variables.map(one =>
        ask(someone('ADMIN'), event, query, one).catch((error: unknown) => ({ data: String(error) })),
      ),
    );
    expect(new Set(outcomes).size).toBe(variables.length);
  });

  it('are not shared by two operations of one document', async () => {
    const { ask, root } = counted();
    const event = root();
    const query = 'subscription A { events { id } } subscription B { events { word } }';
    const [a, b] = await Promise.all([
      ask(someone('ADMIN'), event, query, {}, 'A'),
      ask(someone('ADMIN'), event, query, {}, 'B'),
    ]);
    expect([a.data, b.data]).toEqual([{ events: { id: '1' } }, { events: { word: 'hello' } }]);
  });

  it('give results that no subscriber can change for another one', async () => {
    const { ask, root } = counted();
    const result = await ask(someone('ADMIN'), root(), PLAIN);
    expect(() => Object.assign(result, { extensions: {} })).toThrow(TypeError);
    expect(() => Reflect.deleteProperty(result.data?.['events'] as object, 'id')).not.toThrow();
    expect(result.data).toEqual({ events: { id: '1', word: 'hello' } });
    expect(Object.isFrozen(result.data?.['events'])).toBe(true);
  });
});
