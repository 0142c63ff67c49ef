import { type Removal, removal } from '../removal.js';

const PREPARE = 'tenancy/prepare-collections.js';
/** The walls that can be seen from outside: on the server, or in its database and its Redis. */
export const DOOR_REMOVALS: readonly Removal[] = [
  removal(
    'the validators of the database',
    PREPARE,
    "{ validator: TENANT_VALIDATOR, validationLevel: 'strict', validationAction: 'error' }",
    '{}',
  ),
  removal('that the validators want an id', PREPARE, "properties: { tenantId: { bsonType: 'objectId' } },"),
  removal('that the validators refuse', PREPARE, "validationAction: 'error' }", "validationAction: 'warn' }"),
  removal(
    'the tenant in a unique index',
    'auth/user.schema.js',
    'schema.index({ tenantId: 1, email: 1 }, { unique: true });',
    'schema.index({ email: 1 }, { unique: true });',
  ),
  removal(
    'the tenant in cursors',
    'pagination/cursor-formats.js',
    'Buffer.from(`${tenant}\\0${list}\\0`)',
    'Buffer.from(`\\0${list}\\0`)',
  ),
  removal(
    'the tenant in keys and channels of Redis',
    'redis/redis-keys.js',
    'return `t:${tenantId.toHexString()}:`;',
    "return 't:';",
  ),
  removal(
    'that a credential fits the tenant that is named',
    'tenancy/tenant-resolver.js',
    'if (subdomain && clues.credentialTenantId && !tenant?._id.equals(clues.credentialTenantId)) {',
    'if (false) {',
  ),
  {
    ...removal(
      'that host and header name one tenant',
      'tenancy/tenant-resolver.js',
      'if (fromHost && fromHeader && fromHost !== fromHeader) {',
      'if (false) {',
    ),
    spec: 'test/e2e/tenants-never-meet.spec.ts',
  },
  removal(
    'that a mailed token fits the tenant that is named',
    'modules/sessions/token-tenant.js',
    'if (scope.tenant && !scope.tenant.id.equals(tenant._id)) {',
    'if (false) {',
  ),
  removal('the guard of permissions', 'auth/access.guard.js', 'assertAccess(access, this.context.viewer);'),
  removal(
    'the scopes of API keys',
    'auth/permissions.js',
    'viewer.scopes.some(scope => SCOPE_PERMISSIONS[scope].includes(permission))',
    'true',
  ),
  removal(
    'the signature of links to recordings',
    'modules/links/signed-link-requests.service.js',
    'if (!this.links.isValid(purpose, file, expires, signature))',
    "if (purpose === 'exports' && !this.links.isValid(purpose, file, expires, signature))",
  ),
  removal(
    'the signature of links to archives',
    'modules/links/signed-link-requests.service.js',
    'if (!this.links.isValid(purpose, file, expires, signature))',
    "if (purpose !== 'exports' && !this.links.isValid(purpose, file, expires, signature))",
  ),
  removal(
    'what a link leads to in its signature',
    'links/signed-links.js',
    'const boundTo = (file, expires) => `${file}\\0${expires}`;',
    'const boundTo = (_file, expires) => expires;',
  ),
  removal(
    'that a link came with its own tenant’s name',
    'modules/links/signed-link-requests.service.js',
    'await this.assertOwnName(link, tenant);',
  ),
  {
    lock: 'the tenant in the live feed',
    patches: [
      {
        file: 'events/stream-feed.js',
        find: 'const key = tenantKey(tenantId);',
        replace: "const key = 'all';",
      },
      {
        file: 'events/stream-feed.js',
        find: 'const key = tenantKey(open.tenantId);',
        replace: "const key = 'all';",
      },
    ],
  },
  removal(
    'the scope of each step of a stream',
    'tenancy/tenant-runner.js',
    'const enter = (work) => scopeStore.runInScope(frozen, work);',
    'const enter = (work) => work();',
  ),
  removal(
    'the tenant of a job',
    'jobs/job-runner.js',
    'jobScope(job.tenantId,',
    'jobScope((globalThis.firstTenant ??= job.tenantId),',
  ),
  {
    ...removal(
      'the mark that the provider’s news has to carry',
      'modules/calls/provider-door.js',
      "if (this.signatures.isMarkOf(id, metadata[CALL_MARK_KEY] ?? ''))",
      "if (id !== '')",
    ),
    spec: 'test/e2e/account-webhooks.spec.ts',
  },
  removal(
    'whose session is remembered',
    'auth/viewer-cache.js',
    'const key = tenantKey(tenantId, sessionId.toHexString());',
    "const key = 'anybody';",
  ),
  removal(
    'whose API key is remembered',
    'auth/api-key-cache.js',
    "platformKey('api-key', hash.toString('base64'))",
    "'anybody'",
  ),
  {
    lock: 'the additional data of what is sealed',
    patches: [
      {
        file: 'vault/cipher.js',
        find: 'createCipheriv(ALGORITHM, key, nonce, { authTagLength: TAG_BYTES }).setAAD(bound);',
        replace: 'createCipheriv(ALGORITHM, key, nonce, { authTagLength: TAG_BYTES });',
      },
      {
        file: 'vault/cipher.js',
        find: 'createDecipheriv(ALGORITHM, key, nonce, { authTagLength: TAG_BYTES }).setAAD(bound);',
        replace: 'createDecipheriv(ALGORITHM, key, nonce, { authTagLength: TAG_BYTES });',
      },
    ],
  },
  {
    lock: 'the tenant in the vault’s keys and in its additional data',
    patches: [
      {
        file: 'vault/vault.js',
        find: "hkdfSync('sha256', rootKey, tenantId.id,",
        replace: "hkdfSync('sha256', rootKey, '',",
      },
      { file: 'vault/vault.js', find: 'VERSION, tenantId.toHexString(), field]', replace: 'VERSION, field]' },
    ],
  },
];
