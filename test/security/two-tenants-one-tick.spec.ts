import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ApiKeyCache } from '../../src/auth/api-key-cache.js';
import { ViewerCache } from '../../src/auth/viewer-cache.js';
import { DataKeys } from '../../src/data-keys/data-keys.js';
import { Sealer } from '../../src/events/sealer.js';
import { fromPublicId } from '../../src/ids/public-id.js';
import { JobLane } from '../../src/jobs/job-lane.js';
import { AccessRecords } from '../../src/modules/audit/access-records.js';
import { AuditLog } from '../../src/modules/audit/audit-log.js';
import { AuditVerifier } from '../../src/modules/audit/audit-verifier.js';
import { RefusalLog } from '../../src/modules/audit/refusal-log.js';
import { CallChanges } from '../../src/modules/calls/call-changes.js';
import { QueueLines } from '../../src/modules/calls/queue-lines.js';
import { newObjectId, type ObjectId } from '../../src/mongo/object-id.js';
import { COMMANDS_AT_ONCE, sendInTurn } from '../../src/tenancy/command-turns.js';
import { TenantDirectory } from '../../src/tenancy/tenant-directory.js';
import { TenantRunner } from '../../src/tenancy/tenant-runner.js';
import { SealedValueError } from '../../src/vault/vault.js';
import type { Loose } from '../kit/client.js';
import { inTenant, tenantIdOf } from '../kit/events.js';
import { PASSWORD, seedTenant, type SeededTenant } from '../kit/seed.js';
import { startTestServer, type TestServer } from '../kit/server.js';

const claimsOf = (token: string): Loose =>
  JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
const never = () => new Promise<never>(() => undefined);

/** Null for a key that is not there. */
function missing(error: unknown): null {
  if (error instanceof SealedValueError) return null;
  throw error;
}

describe('Two tenants in one turn of the event loop', () => {
  let server: TestServer;
  let a: SeededTenant;
  let b: SeededTenant;

  beforeAll(async () => {
    server = await startTestServer();
    [a, b] = [await seedTenant(server, 'A'), await seedTenant(server, 'B')];
  });
  afterAll(() => server.stop());

  /** Runs something in one of them, as a person with a link: the same request id and address for both. */
  const asLink = <T>(tenant: SeededTenant, work: () => Promise<T>): Promise<T> =>
    server.app.get(TenantRunner).run(
      {
        tenant: { id: tenantIdOf(tenant), subdomain: tenant.subdomain },
        viewer: { kind: 'link', label: 'recording link' },
        requestId: 'the-same-request',
        origin: { transport: 'http', ip: '203.0.113.7', userAgent: null },
      },
      work,
    );
  const asLinks = <T>(work: (tenant: SeededTenant) => Promise<T>): Promise<T[]> =>
    Promise.all([a, b].map(tenant => asLink(tenant, () => work(tenant))));
  const rows = async ({ admin }: SeededTenant, action: string): Promise<Loose[]> => {
    const query = 'query ($a: [String!]) { auditEvents(filter: { actions: $a }) { nodes { details } } }';
    return (await admin.client.data(query, { a: [action] })).auditEvents.nodes as Loose[];
  };

  it('have what was read in their own logs, all of it and nothing else', async () => {
    const ids = new Map(
      [a, b].map(tenant => [tenant, Array.from({ length: 10 }, () => `call_${newObjectId().toHexString()}`)]),
    );
    const accesses = server.app.get(AccessRecords);
    await asLinks(tenant => Promise.all(ids.get(tenant)?.map(id => accesses.note('recording', id)) ?? []));
    for (const tenant of [a, b]) {
      const read = (await rows(tenant, 'data.accessed')).flatMap(({ details }) => details.ids as string[]);
      expect(read.sort()).toEqual(ids.get(tenant)?.sort());
    }
  });

  it('have refusals of one address in their own logs, each with its count', async () => {
    const refusals = server.app.get(RefusalLog);
    const refuse = (tenant: SeededTenant) =>
      refusals.record({ action: 'security.tenant_violation', details: { named: `on ${tenant.subdomain}` } });
    for (let round = 0; round < 3; round += 1) await asLinks(refuse);
    await refusals.flush();
    for (const tenant of [a, b]) {
      const named = `on ${tenant.subdomain}`;
      expect(await rows(tenant, 'security.tenant_violation')).toEqual([
        { details: { named, count: 2 } },
        { details: { named } },
      ]);
    }
  });

  it('do not share a session, whichever of them it was asked of first', async () => {
    const viewers = server.app.get(ViewerCache);
    const sessionOf = ({ admin }: SeededTenant) =>
      fromPublicId('session', claimsOf(admin.accessToken).sessionId as string) as ObjectId;
    for (const [own, other] of [
      [a, b],
      [b, a],
    ] as const) {
      viewers.clear();
      const asked = [own, other, own, other].map(tenant => viewers.get(tenantIdOf(tenant), sessionOf(own)));
      const found = (await Promise.all(asked)).map(viewer => viewer?.label ?? null);
      expect(found).toEqual([own.admin.email, null, own.admin.email, null]);
    }
  });

  it('do not share an API key', async () => {
    const keys = server.app.get(ApiKeyCache);
    const { createApiKey } = await a.admin.client.data(
      'mutation { createApiKey(input: { name: "k", scopes: [CALLS_READ] }) { apiKey { id } } }',
    );
    const id = fromPublicId('key', createApiKey.apiKey.id as string) as ObjectId;
    const found = await Promise.all([a, b].map(tenant => keys.present(tenantIdOf(tenant), id)));
    expect(found.map(viewer => viewer?.kind ?? null)).toEqual(['key', null]);
    expect(await keys.present(tenantIdOf(b), id)).toBeNull();
  });

  it('are not taken for each other when the subdomain of one reads like the id of the other', async () => {
    const directory = server.app.get(TenantDirectory);
    const subdomain = tenantIdOf(b).toHexString();
    const input = { subdomain, name: 'Mimic', email: 'admin@mimic.example', password: PASSWORD };
    const { signUpTenant } = await server
      .client()
      .data('mutation ($i: SignUpTenantInput!) { signUpTenant(input: $i) { tenant { id } } }', { i: input });
    const both = [{ subdomain }, { id: tenantIdOf(b) }] as const;
    for (const clues of [both, both.toReversed()]) {
      await directory.update(tenantIdOf(b), { $set: { name: 'B' } });
      const found = await Promise.all(clues.map(clue => directory.recent(clue)));
      const names = clues.map(clue => ('id' in clue ? 'B' : 'Mimic'));
      expect(found.map(tenant => tenant?.name)).toEqual(names);
    }
    await server.client({ tenantSubdomain: subdomain }).data('{ branding { name } }');
    expect((await b.admin.client.data('{ tenant { id } }')).tenant.id).toBe(b.id);
    expect(signUpTenant.tenant.id).not.toBe(b.id);
  });

  it('have keys of their own for a person of the same id and for the same address', async () => {
    const keys = server.app.get(DataKeys);
    const userId = newObjectId();
    for (const person of [{ userId }, { email: 'same@people.example' }, { visitor: 'same@people.example' }]) {
      const [one, two] = await asLinks(() => keys.of(person));
      expect(one?.bytes.equals(two?.bytes ?? Buffer.alloc(0))).toBe(false);
      // A key of another tenant is as one that was never there.
      const [own, foreign] = await asLinks(() => keys.one(one?.id as ObjectId).catch(missing));
      expect([own?.bytes.equals(one?.bytes as Buffer), foreign]).toEqual([true, null]);
    }
  });

  it('have their own logs verified', async () => {
    await inTenant(server, a, () => server.app.get(AuditLog).record({ action: 'tenant.updated' }));
    await Promise.all([a, b].map(tenant => server.app.get(Sealer).seal(tenantIdOf(tenant), 'audit')));
    const [one, two] = await asLinks(() => server.app.get(AuditVerifier).verify());
    expect([one?.isIntact, two?.isIntact]).toEqual([true, true]);
    expect(one?.headHash).not.toBe(two?.headHash);
  });

  it('have their own rows sealed when both ask at once', async () => {
    for (let round = 0; round < 5; round += 1) {
      await asLinks(() => server.app.get(AuditLog).record({ action: 'tenant.updated' }));
      await Promise.all([a, b].map(tenant => server.app.get(Sealer).seal(tenantIdOf(tenant), 'audit')));
      const waiting = { tenantId: { $in: [a, b].map(tenantIdOf) }, stream: 'audit' };
      expect(await server.db.collection('outbox').countDocuments(waiting)).toBe(0);
    }
  });

  it('do not wait for each other’s calls', async () => {
    const changes = server.app.get(CallChanges);
    const callId = newObjectId();
    const startedAt = performance.now();
    const begun: (() => void)[] = [];
    const bothBegun = Promise.all([1, 2].map(() => new Promise<void>(resolve => begun.push(resolve))));
    await asLinks(() =>
      changes.inTurn(callId, async () => {
        begun.pop()?.();
        await bothBegun;
      }),
    );
    // One that waits for the other begins after two seconds all the same.
    expect(performance.now() - startedAt).toBeLessThan(1900);
  });

  it('do not wait for each other’s commands, lines or jobs', async () => {
    for (let busy = 0; busy < COMMANDS_AT_ONCE; busy += 1) void asLink(a, () => sendInTurn(never));
    expect(await asLink(b, () => sendInTurn(() => Promise.resolve('sent')))).toBe('sent');

    const lines = server.app.get(QueueLines);
    const [one, two] = [a, b].map(tenant => ({
      id: tenantIdOf(tenant),
      line: lines.join(tenantIdOf(tenant)),
    }));
    expect(one?.line).not.toBe(two?.line);
    for (const joined of [one, two]) if (joined) lines.leave(joined.id, joined.line);

    const lane = new JobLane({ atOnce: 10, ofTenant: 1 });
    lane.enter(tenantIdOf(a));
    expect([lane.hasRoomFor(tenantIdOf(a)), lane.hasRoomFor(tenantIdOf(b))]).toEqual([false, true]);
  });
});
