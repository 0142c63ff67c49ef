import { describe, expect, it } from '@jest/globals';
import { buildSchema, type ExecutionArgs, type GraphQLObjectType, parse } from 'graphql';
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
    query: string,
    variableValues: Record<string, unknown> = {},
  ) => {
    const args: ExecutionArgs = { schema, document: parse(query), variableValues };
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
});
