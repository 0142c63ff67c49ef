import type { Loose } from '../../kit/client.js';
import { PASSWORD } from '../../kit/seed.js';

const SIGN_UP = 'mutation ($input: SignUpTenantInput!) { signUpTenant(input: $input) { user { id } } }';
const LOG_IN = 'mutation ($input: LogInInput!) { logIn(input: $input) { user { id } } }';
const INVITE = 'mutation ($input: InviteUserInput!) { inviteUser(input: $input) { token } }';
const BRAND = 'mutation ($input: UpdateBrandingInput!) { updateBranding(input: $input) { name } }';
const TENANT = 'mutation ($input: UpdateTenantInput!) { updateTenant(input: $input) { id } }';
const AGENT = 'mutation ($input: CreateAgentInput!) { createAgent(input: $input) { id } }';
/** Makes a call. */
export const CALL = 'mutation ($input: CreateCallInput!) { createCall(input: $input) { id } }';
/** A page of calls. */
export const CALLS = `query ($first: Int, $after: String, $last: Int, $before: String, $filter: CallFilter) {
  calls(first: $first, after: $after, last: $last, before: $before, filter: $filter) { nodes { id } }
}`;
const AUDIT = 'query ($filter: AuditFilter) { auditEvents(filter: $filter) { nodes { id } } }';
const KEY = 'mutation ($input: CreateApiKeyInput!) { createApiKey(input: $input) { secret } }';
const HOOK = 'mutation ($input: CreateWebhookInput!) { createWebhook(input: $input) { secret } }';
const PASSWORDS = `mutation ($currentPassword: String!, $newPassword: String!) {
  changePassword(currentPassword: $currentPassword, newPassword: $newPassword)
}`;

const signUp = (change: Loose) => ({
  input: {
    subdomain: 'good-name',
    name: 'Good',
    email: 'good@name.example',
    password: PASSWORD,
    ...(change as object),
  },
});
const agent = (change: Loose) => ({
  input: { name: 'Good', systemPrompt: 'Be good.', ...(change as object) },
});
const call = (change: Loose) => ({ input: { systemPrompt: 'Be good.', ...(change as object) } });

/** A name, an operation, its variables, and the paths that `fields` must name. */
export type Case = readonly [
  name: string,
  query: string,
  variables: Record<string, unknown>,
  ...paths: string[],
];

/** What is wrong in a variable. */
export const FIELD_CASES: readonly Case[] = [
  ['an e-mail address without @', SIGN_UP, signUp({ email: 'nobody' }), 'input.email'],
  [
    'an e-mail address with a line break',
    SIGN_UP,
    signUp({ email: 'a@b.example\nbcc: c@d.example' }),
    'input.email',
  ],
  [
    'a deletion that names another tenant',
    'mutation ($confirmSubdomain: String!) { deleteTenant(confirmSubdomain: $confirmSubdomain) }',
    { confirmSubdomain: 'another' },
    'confirmSubdomain',
  ],
  ['an e-mail address with NUL', INVITE, { input: { email: 'a\u0000@b.example' } }, 'input.email'],
  [
    'an e-mail address of 10 kB',
    INVITE,
    { input: { email: `${'a'.repeat(10_000)}@b.example` } },
    'input.email',
  ],
  ['a reserved subdomain', SIGN_UP, signUp({ subdomain: 'admin' }), 'input.subdomain'],
  ['a short subdomain', SIGN_UP, signUp({ subdomain: 'ab' }), 'input.subdomain'],
  ['a long subdomain', SIGN_UP, signUp({ subdomain: 'a'.repeat(41) }), 'input.subdomain'],
  ['an odd subdomain', SIGN_UP, signUp({ subdomain: 'Odd_Name.' }), 'input.subdomain'],
  ['a subdomain with a dash at its end', SIGN_UP, signUp({ subdomain: 'odd-' }), 'input.subdomain'],
  ['a subdomain with a line break', SIGN_UP, signUp({ subdomain: 'odd\n' }), 'input.subdomain'],
  ['an empty name', SIGN_UP, signUp({ name: '  ' }), 'input.name'],
  ['a name with a line break', SIGN_UP, signUp({ name: 'a\r\nb' }), 'input.name'],
  ['a name with NUL', SIGN_UP, signUp({ userName: 'a\u0000b' }), 'input.userName'],
  ['a long name', SIGN_UP, signUp({ name: 'a'.repeat(101) }), 'input.name'],
  ['a short password', SIGN_UP, signUp({ password: 'short' }), 'input.password'],
  ['a password of 900 kB', SIGN_UP, signUp({ password: 'p'.repeat(900_000) }), 'input.password'],
  [
    'a password of 900 kB at a log-in',
    LOG_IN,
    { input: { email: 'a@b.example', password: 'p'.repeat(900_000) } },
    'input.password',
  ],
  ['a password with NUL', SIGN_UP, signUp({ password: `${PASSWORD}\u0000` }), 'input.password'],
  [
    'a new password that is short',
    PASSWORDS,
    { currentPassword: PASSWORD, newPassword: 'short' },
    'newPassword',
  ],
  [
    'an address without @ that has lost its password',
    'mutation ($email: String!) { requestPasswordReset(email: $email) }',
    { email: 'nobody' },
    'email',
  ],
  [
    'a reset by a token that never was',
    'mutation ($input: ResetPasswordInput!) { resetPassword(input: $input) { user { id } } }',
    { input: { token: 'never-was', password: PASSWORD } },
    'input.token',
  ],
  [
    'a reset to a short password',
    'mutation ($input: ResetPasswordInput!) { resetPassword(input: $input) { user { id } } }',
    { input: { token: 'never-was', password: 'short' } },
    'input.password',
  ],
  [
    'several wrong fields at once',
    SIGN_UP,
    signUp({ email: '', subdomain: 'www', password: '' }),
    'input.subdomain',
    'input.email',
    'input.password',
  ],

  ['a key without scopes', KEY, { input: { name: 'Key', scopes: [] } }, 'input.scopes'],
  ['a key of an unknown scope', KEY, { input: { name: 'Key', scopes: ['ROOT'] } }, 'input.scopes[0]'],
  ['a key without a name', KEY, { input: { name: '', scopes: ['CALLS_READ'] } }, 'input.name'],
  [
    'a key that has expired already',
    KEY,
    { input: { name: 'Key', scopes: ['CALLS_READ'], expiresAt: '2020-01-01T00:00:00.000Z' } },
    'input.expiresAt',
  ],

  ['a colour by name', BRAND, { input: { primaryColor: 'red' } }, 'input.primaryColor'],
  ['a colour of three digits', BRAND, { input: { primaryColor: '#fff' } }, 'input.primaryColor'],
  ['a colour with more behind it', BRAND, { input: { primaryColor: '#ffffff;}' } }, 'input.primaryColor'],
  ['a logo that is no https URL', BRAND, { input: { logoUrl: 'javascript:alert(1)' } }, 'input.logoUrl'],
  ['a retention of no days', TENANT, { input: { retentionDays: 0 } }, 'input.retentionDays'],
  [
    'a provider key with a line break',
    TENANT,
    { input: { ultravoxApiKey: 'a\r\nX-Y: b' } },
    'input.ultravoxApiKey',
  ],

  ['an agent with temperature 7', AGENT, agent({ temperature: 7 }), 'input.temperature'],
  ['an agent with an odd language', AGENT, agent({ languageHint: 'Klingon!' }), 'input.languageHint'],
  [
    'an agent with a prompt of 20,001 characters',
    AGENT,
    agent({ systemPrompt: 'a'.repeat(20_001) }),
    'input.systemPrompt',
  ],
  ['an agent without a duration', AGENT, agent({ maxDurationSeconds: 0 }), 'input.maxDurationSeconds'],

  [
    'a phone number that is no E.164',
    CALL,
    call({ medium: 'PHONE', phoneNumber: '030 1234567' }),
    'input.phoneNumber',
  ],
  [
    'a phone number with a line break',
    CALL,
    call({ medium: 'PHONE', phoneNumber: '+4915112345678\n' }),
    'input.phoneNumber',
  ],
  ['a phone call without a number', CALL, call({ medium: 'PHONE' }), 'input.phoneNumber'],
  ['a call with neither prompt nor agent', CALL, { input: {} }, 'input.systemPrompt'],
  ['a call with temperature 7', CALL, call({ temperature: 7 }), 'input.temperature'],
  ['a call with an odd language', CALL, call({ languageHint: '../en' }), 'input.languageHint'],
  ['a call that waits -1 s', CALL, call({ maxQueueSeconds: -1 }), 'input.maxQueueSeconds'],
  ['a call of -1 s', CALL, call({ maxDurationSeconds: -1 }), 'input.maxDurationSeconds'],
  ['a call with a prompt of NUL', CALL, call({ systemPrompt: '\u0000' }), 'input.systemPrompt'],
  [
    'a call with a long idempotency key',
    CALL,
    call({ idempotencyKey: 'k'.repeat(256) }),
    'input.idempotencyKey',
  ],
  ['metadata with a number', CALL, call({ metadata: { order: 42 } }), 'input.metadata.order'],
  ['metadata with an object', CALL, call({ metadata: { order: { id: '42' } } }), 'input.metadata.order'],
  ['metadata with a list', CALL, call({ metadata: { order: ['42'] } }), 'input.metadata.order'],
  ['metadata that is a list', CALL, call({ metadata: ['42'] }), 'input.metadata'],
  ['metadata with an operator', CALL, call({ metadata: { $where: 'true' } }), 'input.metadata.$where'],
  ['metadata with a path', CALL, call({ metadata: { 'a.b': 'c' } }), 'input.metadata.a.b'],
  ['variables that are a text', CALL, call({ variables: 'name' }), 'input.variables'],
  ['variables with an operator as name', CALL, call({ variables: { $gt: '' } }), 'input.variables.$gt'],

  ['a webhook that is no URL', HOOK, { input: { url: 'hook', events: ['CALL_DELETED'] } }, 'input.url'],
  [
    'a webhook to the machine itself',
    HOOK,
    { input: { url: 'http://localhost/hook', events: ['CALL_DELETED'] } },
    'input.url',
  ],
  ['a webhook of nothing', HOOK, { input: { url: 'https://a.example', events: [] } }, 'input.events'],

  ['first: 100000', CALLS, { first: 100_000 }, 'first'],
  ['first: 0', CALLS, { first: 0 }, 'first'],
  ['first: -1', CALLS, { first: -1 }, 'first'],
  ['last: 101', CALLS, { last: 101 }, 'last'],
  ['a number that is no Int', CALLS, { first: 2 ** 40 }, 'first'],
  ['a fraction of a page', CALLS, { first: 1.5 }, 'first'],
  [
    'a cursor that is forged',
    CALLS,
    { after: Buffer.from('123456789[1,"0"]').toString('base64url') },
    'after',
  ],
  ['a cursor that is a text', CALLS, { after: 'abc' }, 'after'],
  ['a cursor that is empty', CALLS, { after: '' }, 'after'],
  ['a cursor with NUL', CALLS, { last: 1, before: '\u0000' }, 'before'],
  ['a cursor to end before, without `last`', CALLS, { first: 1, before: 'x' }, 'before'],
  [
    'a metadata filter with an operator object',
    CALLS,
    { filter: { metadata: { order: { $gt: '' } } } },
    'filter.metadata.order',
  ],
  [
    'a metadata filter with an operator',
    CALLS,
    { filter: { metadata: { $where: 'sleep(1000)' } } },
    'filter.metadata.$where',
  ],
  ['a long search', CALLS, { filter: { search: 'a'.repeat(10_000) } }, 'filter.search'],
  ['an unknown enum value', CALLS, { filter: { statuses: ['LOST'] } }, 'filter.statuses[0]'],
  ['too many actions', AUDIT, { filter: { actions: Array(51).fill('user.login') } }, 'filter.actions'],
  ['an unknown role', INVITE, { input: { email: 'a@b.example', role: 'OWNER' } }, 'input.role'],
  ['a date that is none', CALLS, { filter: { createdAfter: 'yesterday' } }, 'filter.createdAfter'],
  ['a text in place of a number', CALLS, { first: 'ten' }, 'first'],
  ['a number in place of a text', SIGN_UP, signUp({ name: 7 }), 'input.name'],
  [
    'an operator object in place of a text',
    LOG_IN,
    { input: { email: { $gt: '' }, password: { $gt: '' } } },
    'input.email',
  ],
  ['a list in place of an object', SIGN_UP, { input: [1] }, 'input'],
  ['a text in place of an object', SIGN_UP, { input: 'x' }, 'input'],
  ['null in place of a required value', SIGN_UP, signUp({ email: null }), 'input.email'],
  ['a required value that is missing', INVITE, { input: {} }, 'input.email'],
  ['a missing variable', INVITE, {}, 'input'],
  ['a field that the input does not have', SIGN_UP, signUp({ isAdmin: true }), 'input.isAdmin'],
  ['mass assignment', INVITE, { input: { email: 'a@b.example', tenantId: 'tenant_0' } }, 'input.tenantId'],
];

/** What is wrong in the document itself. */
export const LITERAL_CASES: readonly Case[] = [
  [
    'an unknown role',
    'mutation { inviteUser(input: { email: "a@b.example", role: OWNER }) { token } }',
    {},
    'input.role',
  ],
  [
    'a role as a text',
    'mutation { inviteUser(input: { email: "a@b.example", role: "ADMIN" }) { token } }',
    {},
    'input.role',
  ],
  [
    'an unknown status in a list',
    '{ calls(filter: { statuses: [QUEUED, LOST] }) { nodes { id } } }',
    {},
    'filter.statuses',
  ],
  ['a text in place of a number', '{ calls(first: "ten") { nodes { id } } }', {}, 'first'],
  ['a number beyond Int', '{ calls(first: 99999999999) { nodes { id } } }', {}, 'first'],
  ['a required argument that is missing', 'mutation { inviteUser { token } }', {}, 'input'],
  [
    'a required field that is missing',
    'mutation { inviteUser(input: { role: USER }) { token } }',
    {},
    'input.email',
  ],
  [
    'a field that the input does not have',
    'mutation { inviteUser(input: { email: "a@b.example", admin: true }) { token } }',
    {},
    'input.admin',
  ],
  ['an argument that does not exist', '{ calls(offset: 3) { nodes { id } } }', {}, 'offset'],
  [
    'a date that is none',
    '{ calls(filter: { createdAfter: "yesterday" }) { nodes { id } } }',
    {},
    'filter.createdAfter',
  ],
  ['first: 100000', '{ calls(first: 100000) { nodes { id } } }', {}, 'first'],
  [
    'a bad colour',
    'mutation { updateBranding(input: { primaryColor: "red" }) { name } }',
    {},
    'input.primaryColor',
  ],
  [
    'metadata that is nested',
    'mutation { createCall(input: { systemPrompt: "x", metadata: { a: { b: "c" } } }) { id } }',
    {},
    'input.metadata.a',
  ],
];

/** Documents that are wrong as a whole. */
export const DOCUMENT_CASES: readonly Case[] = [
  ['a syntax error', '{ viewer { id }', {}],
  ['an empty query', '', {}],
  ['only a comment', '# nothing', {}],
  ['an unknown field', '{ viewer { passwordHash } }', {}],
  ['an unknown root field', '{ everything }', {}],
  [
    'fragments that spread each other',
    '{ viewer { ...A } } fragment A on User { ...B } fragment B on User { ...A }',
    {},
  ],
  ['two operations and no name', 'query A { viewer { id } } query B { viewer { id } }', {}],
  ['only a fragment', 'fragment A on User { id }', {}],
  ['a subscription over HTTP', 'subscription { dashboard { totalCalls } }', {}],
  ['a variable that is used but not declared', '{ call(id: $id) { id } }', {}],
  ['an unknown directive', '{ viewer @a { id } }', {}],
];
