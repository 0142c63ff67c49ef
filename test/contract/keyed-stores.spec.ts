import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { platformKey, tenantKey } from '../../src/ids/tenant-key.js';
import { newObjectId } from '../../src/mongo/object-id.js';
import { addressKey, redisKey } from '../../src/redis/redis-keys.js';
import { keepersIn, keyedStores, storesIn } from '../kit/keyed-stores.js';

/** Key types that hold the tenant wherever the value is a tenant's. `K` is bound to them by the class that uses it. */
const BY_TENANT = ['TenantKey', 'StoreKey', 'K'];

/** Why a store needs no tenant in its keys. */
const WITHOUT_TENANT: Readonly<Record<string, string>> = {
  'auth/api-key-cache.ts: byHash': 'the hash of the whole key decides the tenant',
  'auth/api-key-cache.ts: counted': 'the hash of the whole key decides the tenant; it holds times alone',
  'auth/attempt-limits.ts: counters': 'one counter for each length of a window; its keys are StoreKeys',
  'auth/common-passwords.ts: passwords': 'the same list for all tenants',
  'auth/rights-watch.ts: watchers': 'each watcher holds its own tenant',
  'entry/graphql/answer-bounds.ts: charactersOfObjects': 'by the very object whose characters are counted',
  'entry/graphql/answer-bounds.ts: ofContexts': 'by the context of one execution',
  'entry/graphql/documents.ts: admitted': 'by the text of a document, which holds nothing of a tenant',
  'entry/graphql/documents.ts: arrived': 'by the scope of one request',
  'entry/graphql/introspection-size.ts: counts': 'for one operation alone',
  'entry/graphql/introspection-size.ts: plans': 'for one operation alone',
  'entry/graphql/shared-executions.ts: results': 'by the event itself; the map below has TenantKeys',
  'entry/health/readiness.ts: looks': 'one look at the engines, for all who ask',
  'entry/http/http-request.ts: notes': 'by the request itself',
  'entry/persisted/persisted-operations.ts: listed': 'the same operations for all tenants',
  'entry/sockets/graphql-sockets.ts: caps': 'SocketCaps has StoreKeys',
  'entry/sockets/socket-operations.ts: operations': 'by the message itself',
  'entry/sse/event-streams.ts: admissions': 'by the request itself',
  'entry/sse/event-streams.ts: caps': 'SocketCaps has StoreKeys',
  'entry/sse/event-streams.ts: streams': 'all open streams, for closing them',
  'errors/coercion-fields.ts: documents': 'by the very source of one document',
  'events/event-words.ts: known': 'by the event itself, which is one tenant’s',
  'events/sealer.ts: followers': 'by the kind of stream: what the server does by itself',
  'events/sealer.ts: sealings': 'by the kind of stream: what the server does by itself',
  'events/signal.ts: waiters': 'each signal has its own',
  'jobs/job-runner.ts: active': 'by the id of a job, which is one tenant’s',
  'jobs/job-runner.ts: handlers': 'by the kind of job: what the server does by itself',
  'migrations/migration-runner.ts: migrations': 'the same list for all tenants',
  'modules/calls/call-event-cursors.ts: models': 'by the event itself, which is one tenant’s',
  'modules/calls/call-joins.ts: groups': 'by the call itself, which is one tenant’s',
  'modules/calls/live-transcript.ts: closed': 'each live transcript is of one call',
  'modules/calls/live-transcript.ts: open': 'each live transcript is of one call',
  'modules/ultravox/creation-rate.ts: own': 'by the provider’s account; it holds times alone',
  'modules/ultravox/provider-accounts.ts: clients': 'by address, owner and key of the provider’s account',
  'modules/webhooks/tries-under-way.ts: tries': 'each turn is of one webhook',
  'mongo/model-provider.ts: definitions': 'the same schemas for all tenants',
  'schema/unselected.ts: namesByOperation':
    'by the very operation of a document, which holds nothing of a tenant',
  'tenancy/tenant-directory.ts: bySubdomain': 'the subdomain decides the tenant',
  'tenancy/wire-guard/collection-classes.ts: known': 'the same collections for all tenants',
  'tenancy/wire-guard/session-owners.ts: owners': 'by the session itself; what it holds is the tenant',
  'tenancy/wire-guard/wire-guard.ts: classes': 'by the connection itself',
  'validation/rule.ts: rules': 'by the class of an input',
  'validation/rule.ts: schemas': 'by the class of an input',
  'vault/vault.ts: rootKeys':
    'by the version of the master key; tenants’ keys are derived from these and not kept',
  'data-keys/master-key-check.ts: keys': 'by the id of a master key, which all tenants share',
  'entry/sockets/operation-ids.ts: active': 'each socket has its own',
  'entry/sockets/operation-ids.ts: running': 'each socket has its own',
  'modules/restores/head-notes-writer.ts: known': 'by the id of the tenant, under which it is noted',
  'redis/channel-subscriptions.ts: heard': 'the names of channels, which redisKey makes',
  'redis/channel-subscriptions.ts: wanted': 'the names of channels, which redisKey makes',
  'redis/redis-faults.ts: counts': 'by the kind of command and fault; it holds counts alone',
  'telemetry/unreadable-alarm.ts: told': 'by the id of a document, which is one tenant’s; it holds ids alone',
};

describe('What the server keeps under keys', () => {
  it('has the tenant in the type of its keys, or a reason why it needs none', async () => {
    const stores = await keyedStores();
    expect(stores.length).toBeGreaterThan(40);
    const without = stores.filter(({ keyType }) => !BY_TENANT.includes(keyType)).map(({ name }) => name);
    expect([...new Set(without)].sort()).toEqual(Object.keys(WITHOUT_TENANT).sort());
  });

  it.each([
    ['class A { private readonly cache = new Map<string, Row>(); }', 'string'],
    ['class A { private cache: Map<string, Row> = new Map(); }', 'string'],
    ['class A { constructor() { this.rows = new Map<string, Row>(); } }', 'string'],
    ['class A { readonly #rows = new WeakMap<Row, Row>(); }', 'Row'],
    ['class A { static rows = new Set(); }', ''],
    ['const rows = new Map<ObjectId, Row>();', 'ObjectId'],
    ['class New<K extends StoreKey> {} export const stores = new New<string>();', 'string'],
    [
      'class New<V, K> { rows: Map<K, V>; } class A { private readonly rows = new New<Row, string>(); }',
      'string',
    ],
    ['class A { private readonly rows = new LRUCache<string, Row>({ max: 1 }); }', 'string'],
    ['class A { private readonly rows = new DataLoader(load); }', ''],
    ['class A { private readonly rows = new SocketCaps(); }', ''],
  ])('is found where a new one is written as %s', (text, keyType) => {
    expect(storesIn('new.ts', text)).toEqual([
      expect.objectContaining({ name: expect.stringMatching(/^new\.ts: /) as unknown, keyType }),
    ]);
  });

  it.each([
    ['class Pace { private readonly marks = new Map<StoreKey, number>(); }', []],
    ['class New<K extends StoreKey, V> {}', [['New', 0]]],
    ['class New<V, K extends string> { private readonly open = new Map<K, V>(); }', [['New', 1]]],
    ['class New<V> { private readonly open = new Map<StoreKey, V>(); }', []],
  ])('is made of classes that keep, of which a new one is found by its types: %s', (text, keepers) => {
    expect([...keepersIn(text)]).toEqual(keepers);
  });

  it.each([
    'const NAMES = new Set(["a"]);',
    'const names: ReadonlySet<string> = new Set(["a"]);',
    'function group() { const groups = new Map<string, Row[]>(); return groups; }',
  ])('is not what ends with a function or never changes: %s', text => {
    expect(storesIn('new.ts', text)).toEqual([]);
  });

  it('gets its keys from the functions that put the tenant in, and from no cast', async () => {
    const src = fileURLToPath(new URL('../../src', import.meta.url));
    const casting: string[] = [];
    for (const file of (await readdir(src, { recursive: true })).filter(name => name.endsWith('.ts'))) {
      const text = await readFile(join(src, file), 'utf8');
      if (/\bas (unknown as )?(TenantKey|PlatformKey|StoreKey)\b/.test(text)) casting.push(file);
    }
    expect(casting.sort()).toEqual(['ids/tenant-key.ts', 'redis/redis-keys.ts']);
  });

  it('never meets under one key: not two tenants, nor other parts, nor a tenant and the platform', () => {
    const [a, b] = [newObjectId(), newObjectId()];
    const keys = [
      tenantKey(a),
      tenantKey(b),
      tenantKey(a, 'x'),
      tenantKey(b, 'x'),
      tenantKey(a, 'x', 'y'),
      tenantKey(a, 'x y'),
      tenantKey(a, 'x","y'),
      tenantKey(a, ''),
      platformKey('x'),
      platformKey(a.toHexString()),
      platformKey(a.toHexString(), 'x'),
      redisKey(a, 'requests'),
      redisKey(b, 'requests'),
      redisKey(a, 'requests', 'x'),
      addressKey('db', 'requests', 'x'),
      addressKey('db', 'requests', a.toHexString()),
    ];
    expect(new Set(keys).size).toBe(keys.length);
    for (const key of [tenantKey(a), tenantKey(a, 'x'), redisKey(a, 'requests')])
      expect(key).toContain(a.toHexString());
  });
});
