import type { Names } from './world.js';
import { CANARY, PASSWORD } from './world.js';

/** One way in which an admin of tenant A reaches for what is named. */
export interface Attempt {
  readonly query: string;
  readonly variables?: (names: Names) => Record<string, unknown>;
  /**
   * Why the answer may differ from that to something that never was: it is about A's own things alone, which change
   * from one try to the next, or about what is public.
   */
  readonly differs?: string;
}

const page =
  'nodes { id } edges { cursor } totalCount pageInfo { startCursor endCursor hasNextPage hasPreviousPage }';
const AGENT =
  'id name systemPrompt version versions { totalCount nodes { name systemPrompt createdBy { email } } }';
const CALL = `id status systemPrompt metadata summary shortSummary joinUrl providerCallId queuePosition
  agent { name } createdBy { email } recording { url } transcript { nodes { text } } events { nodes { id cursor } }`;
const USER = 'id email name role isActive';
const OWN = 'about A’s own things';
const THESE_DAYS = {
  from: new Date(Date.now() - 86_400_000).toISOString(),
  to: new Date(Date.now() + 86_400_000).toISOString(),
};

const byId =
  (type: string, query: string) =>
  (name: keyof Names): Attempt => ({
    query: `${type} ($id: ID!) { ${query} }`,
    variables: names => ({ id: names[name] }),
  });
const query = (fields: string) => byId('query', fields);
const mutation = (fields: string) => byId('mutation', fields);
const subscription = (fields: string) => byId('subscription', fields);

/** Every root field, and how it is tried. The test fails for a field that is missing here. */
export const ATTEMPTS: Readonly<Record<string, readonly Attempt[]>> = {
  'Query.invitations': [{ query: '{ invitations { id email } }' }],
  'Query.webhooks': [
    { query: '{ webhooks { id url events deliveries { totalCount nodes { id eventId lastError } } } }' },
  ],
  'Query.apiKeys': [{ query: '{ apiKeys { id name prefix } }' }],
  'Query.viewer': [{ query: `{ viewer { ${USER} } }` }],
  'Query.user': [query(`user(id: $id) { ${USER} }`)('user')],
  'Query.users': [
    { query: `{ users(first: 100) { ${page} nodes { ${USER} } } }` },
    {
      query: `query ($search: String) { users(search: $search) { ${page} } }`,
      variables: ({ email }) => ({ search: email }),
    },
    { query: `{ users(search: "${CANARY}") { ${page} } }` },
    {
      query: `query ($after: String) { users(after: $after) { ${page} } }`,
      variables: ({ usersCursor }) => ({ after: usersCursor }),
    },
  ],
  'Query.auditEvents': [
    { query: `{ auditEvents(first: 100) { nodes { id action actorLabel details ip } } }` },
    {
      query: `query ($id: ID) { auditEvents(filter: { actorId: $id }) { ${page} } }`,
      variables: ({ user }) => ({ id: user }),
    },
    {
      query: `query ($after: String) { auditEvents(after: $after) { ${page} } }`,
      variables: ({ auditCursor }) => ({ after: auditCursor }),
    },
  ],
  'Query.verifyAuditLog': [{ query: '{ verifyAuditLog { isIntact checked firstBrokenSequence headHash } }' }],
  'Query.tenant': [
    {
      query:
        '{ tenant { id subdomain name branding { name logoUrl } settings { hasUltravoxApiKey } limits { maxConcurrentCalls } } }',
    },
  ],
  'Query.branding': [{ query: '{ branding { name logoUrl primaryColor } }' }],
  'Query.agent': [query(`agent(id: $id) { ${AGENT} }`)('agent')],
  'Query.agents': [
    { query: `{ agents(first: 100) { ${page} nodes { ${AGENT} } } }` },
    {
      query: `query ($after: String) { agents(after: $after) { ${page} } }`,
      variables: ({ agentsCursor }) => ({ after: agentsCursor }),
    },
  ],
  'Query.call': [query(`call(id: $id) { ${CALL} }`)('call')],
  'Query.calls': [
    { query: `{ calls(first: 100) { ${page} nodes { ${CALL} } } }` },
    {
      query: `query ($id: ID) { calls(filter: { agentId: $id }) { ${page} } }`,
      variables: ({ agent }) => ({ id: agent }),
    },
    {
      query: `query ($id: ID) { calls(filter: { createdById: $id }) { ${page} } }`,
      variables: ({ user }) => ({ id: user }),
    },
    { query: `{ calls(filter: { search: "${CANARY}" }) { ${page} } }` },
    { query: `{ calls(filter: { metadata: { word: "${CANARY}" } }) { ${page} } }` },
    {
      query: `query ($after: String) { calls(after: $after) { ${page} } }`,
      variables: ({ callsCursor }) => ({ after: callsCursor }),
    },
    {
      query: `query ($before: String) { calls(last: 5, before: $before) { ${page} } }`,
      variables: ({ callsCursor }) => ({ before: callsCursor }),
    },
  ],
  'Query.eventCursor': [{ query: '{ eventCursor }' }],
  'Query.callAnalytics': [
    {
      query: `query ($agent: ID, $user: ID, $from: DateTime!, $to: DateTime!) { callAnalytics(input: {
        from: $from, to: $to, metrics: [CALLS], groupBy: [AGENT, CREATED_BY]
        filter: { agentId: $agent, createdById: $user } }) { rows { group values } } }`,
      variables: ({ agent, user }) => ({ agent, user, ...THESE_DAYS }),
    },
    {
      query: `query ($from: DateTime!, $to: DateTime!) { callAnalytics(input: {
        from: $from, to: $to, metrics: [CALLS, P95_DURATION], groupBy: [AGENT, CREATED_BY, STATUS], bucket: DAY
      }) { rows { bucketStart group values } } }`,
      variables: () => THESE_DAYS,
      differs: OWN,
    },
  ],
  'Query.usage': [
    { query: '{ usage { month calls callMinutes billedMinutes peakConcurrentCalls } }', differs: OWN },
  ],
  'Query.dashboard': [
    {
      query:
        '{ dashboard { totalCalls activeCalls totalUsers totalDurationSeconds callsByStatus { status count } callsByDay { day count } recentCalls { id systemPrompt } } }',
    },
  ],
  'Query.node': (
    [
      'tenant',
      'user',
      'agent',
      'call',
      'invitation',
      'audit',
      'event',
      'session',
      'key',
      'webhook',
      'delivery',
    ] as const
  ).map(
    query(
      `node(id: $id) { id ... on User { ${USER} } ... on Agent { name } ... on Call { systemPrompt } ... on Tenant { name branding { name } } }`,
    ),
  ),
  'Mutation.inviteUser': [
    {
      query: 'mutation ($email: String!) { inviteUser(input: { email: $email }) { invitation { email } } }',
      variables: ({ email }) => ({ email }),
    },
  ],
  'Mutation.revokeInvitation': [mutation('revokeInvitation(id: $id)')('invitation')],
  'Mutation.createApiKey': [
    {
      query: 'mutation { createApiKey(input: { name: "x", scopes: [CALLS_READ] }) { apiKey { id } } }',
      differs: OWN,
    },
  ],
  'Mutation.createWebhook': [
    {
      query:
        'mutation { createWebhook(input: { url: "https://ordinary.example/hook", events: [CALL_DELETED] }) { webhook { url } } }',
      differs: OWN,
    },
  ],
  'Mutation.setWebhookEnabled': [
    mutation('setWebhookEnabled(id: $id, isEnabled: true) { id url }')('webhook'),
    mutation('setWebhookEnabled(id: $id, isEnabled: false) { id url }')('webhook'),
  ],
  'Mutation.deleteWebhook': [mutation('deleteWebhook(id: $id)')('webhook')],
  'Mutation.rotateWebhookSecret': [
    mutation('rotateWebhookSecret(id: $id) { secret webhook { id url } }')('webhook'),
  ],
  'Mutation.replayWebhook': [
    mutation('replayWebhook(id: $id, from: "2026-01-01T00:00:00.000Z", to: "2026-01-02T00:00:00.000Z")')(
      'webhook',
    ),
  ],
  'Mutation.redeliverWebhook': [mutation('redeliverWebhook(deliveryId: $id) { id eventId }')('delivery')],
  'Mutation.revokeApiKey': [mutation('revokeApiKey(id: $id) { id name }')('key')],
  'Mutation.setUserRole': [mutation(`setUserRole(userId: $id, role: ADMIN) { ${USER} }`)('user')],
  'Mutation.deactivateUser': [mutation(`deactivateUser(userId: $id) { ${USER} }`)('user')],
  'Mutation.reactivateUser': [mutation(`reactivateUser(userId: $id) { ${USER} }`)('user')],
  'Mutation.exportUserData': [mutation('exportUserData(userId: $id) { downloadUrl }')('user')],
  'Mutation.eraseUser': [mutation('eraseUser(userId: $id)')('user')],
  'Mutation.exportTenantData': [{ query: 'mutation { exportTenantData { expiresAt } }', differs: OWN }],
  'Mutation.deleteTenant': [
    {
      query: 'mutation ($name: String!) { deleteTenant(confirmSubdomain: $name) }',
      variables: ({ tenant }) => ({ name: tenant }),
    },
  ],
  'Mutation.updateTenant': [{ query: 'mutation { updateTenant(input: { name: "Plain" }) { id name } }' }],
  'Mutation.updateBranding': [{ query: 'mutation { updateBranding(input: { name: "Plain" }) { name } }' }],
  'Mutation.signUpTenant': [
    {
      query: `mutation { signUpTenant(input: { subdomain: "ab", name: "x", email: "a@b.example", password: "${PASSWORD}" }) { user { id } } }`,
    },
  ],
  'Mutation.logIn': [
    {
      query: `mutation ($email: String!) { logIn(input: { email: $email, password: "${PASSWORD}" }) { user { id } tenant { id } } }`,
      variables: ({ email }) => ({ email }),
    },
  ],
  'Mutation.refreshSession': [{ query: 'mutation { refreshSession(refreshToken: "none") { user { id } } }' }],
  'Mutation.requestPasswordReset': [
    {
      query: 'mutation ($email: String!) { requestPasswordReset(email: $email) }',
      variables: ({ email }) => ({ email }),
    },
  ],
  'Mutation.resetPassword': [
    {
      query: `mutation { resetPassword(input: { token: "none", password: "${PASSWORD}" }) { user { id } } }`,
    },
  ],
  'Mutation.acceptInvitation': [
    {
      query: `mutation { acceptInvitation(input: { token: "none", password: "${PASSWORD}" }) { user { id } } }`,
    },
  ],
  'Mutation.verifyEmail': [{ query: 'mutation { verifyEmail(token: "none") }' }],
  'Mutation.resendVerification': [{ query: 'mutation { resendVerification }', differs: OWN }],
  'Mutation.changePassword': [
    { query: `mutation { changePassword(currentPassword: "not the password", newPassword: "${PASSWORD}") }` },
  ],
  'Mutation.createAgent': [
    { query: 'mutation { createAgent(input: { name: "x", systemPrompt: "y" }) { id name } }', differs: OWN },
  ],
  'Mutation.updateAgent': [mutation(`updateAgent(input: { id: $id, name: "stolen" }) { ${AGENT} }`)('agent')],
  'Mutation.restoreAgentVersion': [
    mutation(`restoreAgentVersion(agentId: $id, version: 1) { ${AGENT} }`)('agent'),
  ],
  'Mutation.deleteAgent': [mutation('deleteAgent(id: $id)')('agent')],
  'Mutation.createCall': [mutation(`createCall(input: { agentId: $id }) { ${CALL} }`)('agent')],
  'Mutation.endCall': [mutation(`endCall(id: $id) { ${CALL} }`)('call')],
  'Mutation.sendCallMessage': [
    mutation(`sendCallMessage(input: { callId: $id, kind: USER_TEXT, text: "hello" }) { ${CALL} }`)('call'),
  ],
  'Mutation.deleteCall': [mutation('deleteCall(id: $id)')('call')],
  'Subscription.auditEvents': [
    {
      query: 'subscription ($after: String) { auditEvents(after: $after) { id } }',
      variables: ({ auditCursor }) => ({ after: auditCursor }),
    },
  ],
  'Subscription.callEvents': [
    subscription('callEvents(callId: $id, after: "") { id callId call { systemPrompt } }')('call'),
    {
      query: 'subscription ($after: String) { callEvents(after: $after) { id } }',
      variables: ({ eventsCursor }) => ({ after: eventsCursor }),
    },
  ],
  'Subscription.transcriptDeltas': [subscription('transcriptDeltas(callId: $id) { text }')('call')],
  'Subscription.queuePosition': [subscription('queuePosition(callId: $id)')('call')],
  // Has no argument; it is listened to while tenant B is busy.
  'Subscription.dashboard': [],
  // These end the sessions that the other attempts need, so they come last.
  'Mutation.logOut': [{ query: 'mutation { logOut }', differs: OWN }],
  'Mutation.logOutEverywhere': [{ query: 'mutation { logOutEverywhere }', differs: OWN }],
};
