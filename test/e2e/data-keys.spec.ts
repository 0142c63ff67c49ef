import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { DataKeys, type Person } from '../../src/data-keys/data-keys.js';
import { PersonalData } from '../../src/data-keys/personal-data.js';
import { fromPublicId } from '../../src/ids/public-id.js';
import { newObjectId } from '../../src/mongo/object-id.js';
import { UnitOfWork } from '../../src/mongo/unit-of-work.js';
import type { Loose } from '../kit/client.js';
import { inTenant } from '../kit/events.js';
import { seedTenant, type SeededTenant } from '../kit/seed.js';
import { startTestServer, type TestServer } from '../kit/server.js';
import { stored } from '../kit/stored.js';

describe('The keys of persons', () => {
  let server: TestServer;
  let tenant: SeededTenant;
  let data: PersonalData;
  let keys: DataKeys;

  beforeAll(async () => {
    server = await startTestServer();
    tenant = await seedTenant(server);
    data = server.app.get(PersonalData);
    keys = server.app.get(DataKeys);
  });
  afterAll(() => server.stop());

  const inside = <T>(work: () => Promise<T>, whose = tenant) => inTenant(server, whose, work);
  const seal = (person: Person, text: string) => inside(() => data.seal(person, text));
  const open = (sealed: string | null, whose = tenant) =>
    inside(async () => (await data.opener([sealed]))(sealed), whose);

  it('open what they have sealed, until they are destroyed', async () => {
    const one = { userId: newObjectId() };
    const other = { email: 'other@people.example' };
    const sealed = [await seal(one, 'canary one'), await seal(one, ''), await seal(other, 'канарейка')];
    expect(sealed.join()).not.toContain('canary');
    expect(await Promise.all(sealed.map(text => open(text)))).toEqual(['canary one', '', 'канарейка']);
    await inside(() => keys.destroy(one));
    expect(await Promise.all(sealed.map(text => open(text)))).toEqual([null, null, 'канарейка']);
  });

  it('are never made again for a user who is erased, but for an address that comes back', async () => {
    const user = { userId: newObjectId() };
    const address = { email: 'back@people.example' };
    const before = await seal(address, 'before');
    await inside(() => keys.destroy(user));
    await inside(() => keys.destroy(address));
    expect(await seal(user, 'late')).toBeNull();
    expect([await open(before), await open(await seal(address, 'after'))]).toEqual([null, 'after']);
  });

  it('open nothing in another tenant', async () => {
    const neighbour = await seedTenant(server);
    expect(await open(await seal({ userId: newObjectId() }, 'canary'), neighbour)).toBeNull();
  });

  it('are one each, however many want it first, and none is used that a rollback has taken away', async () => {
    const email = 'many@people.example';
    const work = server.app.get(UnitOfWork);
    const attempt = (fails: boolean) =>
      inside(() =>
        work.run(async () => {
          const sealed = [await data.seal({ email }, 'one'), await data.seal({ email }, 'two')];
          if (fails) throw new Error('taken back');
          return sealed;
        }),
      );
    await expect(attempt(true)).rejects.toThrow('taken back');
    const sealed = (await Promise.all(Array.from({ length: 8 }, () => attempt(false)))).flat();
    expect(await Promise.all(sealed.map(text => open(text)))).toEqual(Array(8).fill(['one', 'two']).flat());
    expect(new Set(sealed.map(text => text?.split('.')[1])).size).toBe(1);
  });

  it('keep audit rows about people readable, and the chain whole once they are gone', async () => {
    const user = await tenant.user('ADMIN');
    const email = 'guest@people.example';
    await user.client.data(`mutation { inviteUser(input: { email: "${email}" }) { token } }`);
    const wrong = 'mutation ($input: LogInInput!) { logIn(input: $input) { accessToken } }';
    await server
      .client({ tenantSubdomain: tenant.subdomain, headers: { 'user-agent': 'canary agent' } })
      .refusal(wrong, { input: { email, password: 'wrong password' } });

    const read = async () => {
      const { auditEvents } = await tenant.admin.client.data(
        '{ auditEvents(first: 2) { nodes { action actorLabel details ip userAgent } } verifyAuditLog { isIntact } }',
      );
      return auditEvents.nodes as Loose[];
    };
    const details = { invitationId: expect.any(String), role: 'USER' };
    expect(await read()).toEqual([
      {
        action: 'user.failed_login',
        actorLabel: 'anonymous',
        details: { email },
        ip: '127.0.0.1',
        userAgent: 'canary agent',
      },
      {
        action: 'user.invited',
        actorLabel: user.email,
        details: { ...details, email },
        ip: '127.0.0.1',
        userAgent: expect.any(String),
      },
    ]);
    const { auditEvents } = await stored(server);
    for (const canary of [user.email, email, 'canary agent', tenant.admin.email])
      expect(auditEvents?.join('')).not.toContain(canary);

    const userId = fromPublicId('user', user.id) as Loose;
    await inside(() => keys.destroy({ userId }));
    await inside(() => keys.destroy({ email }));
    expect(await read()).toEqual([
      { action: 'user.failed_login', actorLabel: 'anonymous', details: {}, ip: null, userAgent: null },
      { action: 'user.invited', actorLabel: `erased ${user.id}`, details, ip: null, userAgent: null },
    ]);
    const { verifyAuditLog } = await tenant.admin.client.data('{ verifyAuditLog { isIntact checked } }');
    expect(verifyAuditLog).toMatchObject({ isIntact: true });
  });
});
