import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ModulesContainer } from '@nestjs/core';
import { GraphQLSchemaHost } from '@nestjs/graphql';
import {
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLInputType,
  getNamedType,
  isCompositeType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
} from 'graphql';
import { type Access, ACCESS } from '../../src/auth/allow.js';
import { isAllowed } from '../../src/auth/permissions.js';
import { newObjectId } from '../../src/mongo/object-id.js';
import { API_KEY_SCOPES, type ApiKeyScope, type Role } from '../../src/tenancy/viewer.js';
import type { AnswerError } from '../kit/answer-error.js';
import type { Client } from '../kit/client.js';
import { generatedFile, table } from '../kit/generated-file.js';
import { seedTenant, type SeededTenant, type SeededUser } from '../kit/seed.js';
import { startTestServer, type TestServer } from '../kit/server.js';
import { stored } from '../kit/stored.js';

interface RootField {
  readonly type: 'Query' | 'Mutation' | 'Subscription';
  readonly name: string;
  readonly field: GraphQLField<unknown, unknown>;
  readonly access: Access | undefined;
}

const INTRODUCTION = `# Who may do what

Each root field of the API names the one right that it needs, or is open to everybody. This table is made from the code
by a test; \`UPDATE_DOCS=1 npm test -- test/contract/permissions\` writes it anew. Whose calls a viewer sees inside of what
he may do: admins and API keys all of their tenant's, users their own. An API key needs the scope that is named; to make
a webhook, and to filter \`callAnalytics\` by \`search\` or \`metadata\`, it needs \`CALLS_READ\` too. Fields of types never show more than the root fields do.
`;

/** The handlers of root fields by `Type.name`, as Nest has registered them. */
function handlersOf(server: TestServer): Map<string, object> {
  const handlers = new Map<string, object>();
  for (const module of server.app.get(ModulesContainer).values()) {
    for (const { metatype } of module.providers.values()) {
      const prototype = (metatype as { prototype?: object } | null)?.prototype;
      if (!prototype) continue;
      for (const [method, { value }] of Object.entries(Object.getOwnPropertyDescriptors(prototype))) {
        if (typeof value !== 'function') continue;
        const type = Reflect.getMetadata('graphql:resolver_type', value as object) as string | undefined;
        const name = Reflect.getMetadata('graphql:resolver_name', value as object) as string | undefined;
        if (type !== undefined) handlers.set(`${type}.${name ?? method}`, value as object);
      }
    }
  }
  return handlers;
}

function rootFields(server: TestServer): RootField[] {
  const { schema } = server.app.get(GraphQLSchemaHost);
  const handlers = handlersOf(server);
  const types = {
    Query: schema.getQueryType(),
    Mutation: schema.getMutationType(),
    Subscription: schema.getSubscriptionType(),
  };
  return (Object.keys(types) as RootField['type'][]).flatMap(type =>
    Object.entries(types[type]?.getFields() ?? {})
      .sort(([one], [other]) => one.localeCompare(other))
      .map(([name, field]) => {
        const handler = handlers.get(`${type}.${name}`);
        const access = handler && (Reflect.getMetadata(ACCESS, handler) as Access | undefined);
        return { type, name, field, access };
      }),
  );
}

/** A value that GraphQL takes and that no rule of ours does, where the type leaves room for one. */
function unfit(type: GraphQLInputType): unknown {
  if (isNonNullType(type)) return unfit(type.ofType);
  if (isListType(type)) return [unfit(type.ofType)];
  if (isInputObjectType(type)) {
    return Object.fromEntries(
      Object.values(type.getFields()).map(({ name, type: inner }) => [name, unfit(inner)]),
    );
  }
  if (isEnumType(type)) return type.getValues()[0]?.name;
  switch (getNamedType(type).name) {
    case 'Int':
    case 'Float':
      return -1;
    case 'Boolean':
      return true;
    case 'DateTime':
      return '2020-01-01T00:00:00.000Z';
    case 'JSONObject':
      return { nested: { too: 'deep' } };
    case 'ID':
      return 'not an id';
    default:
      return '';
  }
}

/** An operation of one root field, with every argument unfit. */
function operationOf({ type, name, field }: RootField): {
  query: string;
  variables: Record<string, unknown>;
} {
  const list = (render: (argument: GraphQLArgument) => string) =>
    field.args.length === 0 ? '' : `(${field.args.map(render).join(', ')})`;
  const selection = isCompositeType(getNamedType(field.type)) ? ' { __typename }' : '';
  return {
    query:
      `${type.toLowerCase()} ${list(argument => `$${argument.name}: ${String(argument.type)}`)} ` +
      `{ ${name}${list(argument => `${argument.name}: $${argument.name}`)}${selection} }`,
    variables: Object.fromEntries(field.args.map(argument => [argument.name, unfit(argument.type)])),
  };
}

describe('Permissions', () => {
  let server: TestServer;
  let tenant: SeededTenant;
  let user: SeededUser;
  let fields: RootField[];

  beforeAll(async () => {
    server = await startTestServer();
    tenant = await seedTenant(server);
    user = await tenant.user();
    fields = rootFields(server);
  });
  afterAll(() => server.stop());

  /** Which scope opens a field to API keys. */
  const openTo = (access: Access | undefined): string => {
    if (!access || 'public' in access) return access ? 'yes' : '';
    const may = (...scopes: ApiKeyScope[]) =>
      isAllowed({ kind: 'key', keyId: newObjectId(), scopes, label: '' }, access.permission);
    return may() ? 'yes' : API_KEY_SCOPES.filter(scope => may(scope)).join(', ');
  };

  const mayUse = (access: Access | undefined, role: Role | null): boolean => {
    if (access && 'public' in access) return true;
    if (!access || role === null) return false;
    return isAllowed(
      { kind: 'user', userId: newObjectId(), sessionId: newObjectId(), role, label: '' },
      access.permission,
    );
  };

  async function refusalOf(client: Client, root: RootField): Promise<AnswerError | undefined> {
    const { query, variables } = operationOf(root);
    if (root.type !== 'Subscription') return (await client.send(query, variables)).errors?.[0];
    const stream = client.subscribe(query, variables);
    await stream.until(({ values, errors, isComplete }) => isComplete || errors.length + values.length > 0);
    stream.stop();
    return stream.errors[0];
  }

  /** Refusals may be put on record; nothing else may come of them. */
  const everything = () =>
    stored(server, { except: ['auditEvents', 'auditChain', 'streamHeads', 'outbox', 'clockMarks'] });

  it('are stated by every root field', () => {
    expect(fields.length).toBeGreaterThan(40);
    expect(fields.filter(({ access }) => !access).map(({ name }) => name)).toEqual([]);
  });

  it('stand in docs/permissions.md as they are in the code', async () => {
    const yes = (is: boolean) => (is ? 'yes' : '');
    const rows = fields.map(({ type, name, access }) => [
      type,
      `\`${name}\``,
      access && 'permission' in access ? `\`${access.permission}\`` : 'open to everybody',
      yes(mayUse(access, null)),
      yes(mayUse(access, 'USER')),
      yes(mayUse(access, 'ADMIN')),
      openTo(access),
    ]);
    const matrix = table(['Type', 'Field', 'Right', 'Stranger', 'User', 'Admin', 'API key'], rows);
    const { committed, current } = await generatedFile('docs/permissions.md', `${INTRODUCTION}\n${matrix}\n`);
    expect(committed).toBe(current);
  });

  it('are asked before the input is looked at: strangers are UNAUTHENTICATED, whatever they send, and nothing comes of it', async () => {
    const before = await everything();
    const strangers = [server.client(), server.client({ tenantSubdomain: tenant.subdomain })];
    const wrong: unknown[] = [];
    for (const root of fields.filter(({ access }) => !mayUse(access, null))) {
      for (const stranger of strangers) {
        const code = (await refusalOf(stranger, root))?.extensions.code;
        if (code !== 'UNAUTHENTICATED') wrong.push([root.type, root.name, code]);
      }
    }
    expect(wrong).toEqual([]);
    expect(await everything()).toEqual(before);
  });

  it('are asked before the input is looked at: users are FORBIDDEN what is for admins, and nothing comes of it', async () => {
    const before = await everything();
    const forAdmins = fields.filter(({ access }) => mayUse(access, 'ADMIN') && !mayUse(access, 'USER'));
    const wrong: unknown[] = [];
    for (const root of forAdmins) {
      const code = (await refusalOf(user.client, root))?.extensions.code;
      if (code !== 'FORBIDDEN') wrong.push([root.type, root.name, code]);
    }
    expect(forAdmins.length).toBeGreaterThan(10);
    expect(wrong).toEqual([]);
    expect(await everything()).toEqual(before);
  });

  it('let those through who have them: an admin is told about his input, not about his rights', async () => {
    const denied: unknown[] = [];
    for (const root of fields.filter(({ name }) => !name.startsWith('logOut'))) {
      const refusal = await refusalOf(tenant.admin.client, root);
      const own = ['logIn', 'refreshSession', 'changePassword'].includes(root.name)
        ? ['UNAUTHENTICATED']
        : [];
      const codes = ['FORBIDDEN', 'UNAUTHENTICATED', 'INTERNAL'].filter(code => !own.includes(code));
      if (codes.includes(refusal?.extensions.code ?? '')) denied.push([root.type, root.name, refusal]);
    }
    expect(denied).toEqual([]);
  });
});
