import { type Removal, removal } from '../removal.js';

/** What a key is without its tenant. */
const keyed = (
  lock: string,
  file: string,
  find: string,
  replace: string,
  spec = 'test/security/two-tenants-one-tick.spec.ts',
): Removal => ({ ...removal(lock, file, find, replace), spec });

/** The tenant in the keys of what several tenants share in one process: caches, batches, joins and counters. */
export const KEY_REMOVALS: readonly Removal[] = [
  keyed(
    'the tenant in all keys of one process',
    'ids/tenant-key.js',
    'JSON.stringify([tenantId.toHexString(), ...parts])',
    'JSON.stringify(parts)',
  ),
  keyed(
    'the tenant in the key of what is read together',
    'modules/audit/access-records.js',
    'tenantKey(tenant.id, scope.requestId, reader, from, what)',
    "[scope.requestId, reader, from, what].join(' ')",
  ),
  keyed(
    'the tenant in the key of refusals',
    'modules/audit/refusal-log.js',
    'tenantKey(tenant.id, entry.action, about, senderOf(scope))',
    "[entry.action, about, senderOf(scope)].join(' ')",
  ),
  keyed(
    'the tenant of a session that is remembered',
    'auth/viewer-cache.js',
    'tenantKey(tenantId, sessionId.toHexString())',
    'sessionId.toHexString()',
  ),
  keyed(
    'the tenant of an API key that is remembered',
    'auth/api-key-cache.js',
    'tenantKey(tenantId, keyId.toHexString())',
    'keyId.toHexString()',
  ),
  keyed(
    'what tells a tenant’s id from a subdomain',
    'tenancy/tenant-directory.js',
    "this.bySubdomain.get(platformKey('subdomain', clue.subdomain),",
    'this.byId.get(JSON.stringify([clue.subdomain]),',
  ),
  keyed(
    'the tenant in the keys of persons by id',
    'data-keys/data-keys.js',
    "tenantKey(this.context.tenant.id, 'id', id.toHexString())",
    'id.toHexString()',
  ),
  keyed(
    'the tenant in the key of what is put in order together',
    'events/sealer.js',
    'this.runs.run(tenantKey(tenantId, stream),',
    'this.runs.run(stream,',
  ),
  keyed(
    'the tenant in the key of a check of the audit log',
    'modules/audit/audit-verifier.js',
    'tenantKey(this.context.tenant.id, ...checkpoints.map(({ hash }) => hash))',
    "checkpoints.map(({ hash }) => hash).join(' ')",
  ),
  keyed(
    'the tenant in the key of changes of a call',
    'modules/calls/call-changes.js',
    'tenantKey(this.context.tenant.id, callId.toHexString())',
    'callId.toHexString()',
  ),
  keyed(
    'the tenant in the key of commands under way',
    'tenancy/command-turns.js',
    'tenantKey(scope.tenant.id)',
    "'all'",
  ),
  {
    lock: 'the tenant in the key of lines',
    patches: [
      {
        file: 'modules/calls/queue-lines.js',
        find: 'const key = tenantKey(tenantId);',
        replace: "const key = 'all';",
      },
    ],
    spec: 'test/security/two-tenants-one-tick.spec.ts',
  },
  keyed('the tenant in the key of jobs under way', 'jobs/job-lane.js', 'tenantKey(tenantId)', "'all'"),
  keyed(
    'the tenant in the key of downloads',
    'modules/links/link-downloads.js',
    'tenantKey(tenantId, purpose)',
    'purpose',
    'test/security/signed-links.spec.ts',
  ),
  keyed(
    'that a link ends with its tenant',
    'modules/links/signed-link-requests.service.js',
    'return tenant?.isActive ? tenant : null;',
    'return tenant;',
    'test/security/signed-links.spec.ts',
  ),
  keyed(
    'that a link to an archive ends with its session',
    'modules/privacy/data-exports.js',
    'await this.viewers.get(file.tenantId, file.sessionId)',
    "{ kind: 'user', userId: file.requestedById, sessionId: file.sessionId, role: 'ADMIN', label: '' }",
    'test/security/signed-links.spec.ts',
  ),
];
