import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { isAllowed, ROLE_PERMISSIONS, SCOPE_PERMISSIONS } from '../../src/auth/permissions.js';
import { VIEWER_LIFETIME_MS } from '../../src/auth/viewer-cache.js';
import { newObjectId } from '../../src/mongo/object-id.js';
import { API_KEY_SCOPES } from '../../src/tenancy/viewer.js';
import type { Client } from '../kit/client.js';
import { seedTenant, type SeededTenant } from '../kit/seed.js';
import { startTestServer, type TestServer } from '../kit/server.js';

const USERS = '{ users { nodes { id } } }';
const SET_ROLE = 'mutation ($id: ID!, $role: UserRole!) { setUserRole(userId: $id, role: $role) { id } }';
const DEACTIVATE = 'mutation ($id: ID!) { deactivateUser(userId: $id) { id } }';

describe('Rights', () => {
  let servers: TestServer[];
  let tenant: SeededTenant;

  beforeAll(async () => {
    const first = await startTestServer();
    servers = [first, await startTestServer({ beside: first })];
    tenant = await seedTenant(first);
  });
  afterAll(async () => {
    for (const server of servers.toReversed()) await server.stop();
  });

  const codeOf = async (client: Client, query: string) =>
    (await client.send(query)).errors?.[0]?.extensions.code ?? 'OK';
  /** Every process is asked once. */
  async function everywhere(accessToken: string, query: string, code: string): Promise<void> {
    const codes = servers.map(server => codeOf(server.client({ accessToken }), query));
    expect(await Promise.all(codes)).toEqual(servers.map(() => code));
  }
  /** By then what a process knows has been read after the change, however late it comes to it. */
  const whenForgotten = () => sleep(VIEWER_LIFETIME_MS + 50);

  it('S10 that were taken away are gone in every process a second later, while the access token still lasts', async () => {
    expect(VIEWER_LIFETIME_MS).toBeLessThanOrEqual(1000);
    const user = await tenant.user('ADMIN');
    await everywhere(user.accessToken, USERS, 'OK');
    await tenant.admin.client.data(SET_ROLE, { id: user.id, role: 'USER' });
    await whenForgotten();
    await everywhere(user.accessToken, USERS, 'FORBIDDEN');
    await tenant.admin.client.data(DEACTIVATE, { id: user.id });
    await whenForgotten();
    await everywhere(user.accessToken, USERS, 'UNAUTHENTICATED');
  });

  it('S32 of API keys are never more than those of whoever makes them', () => {
    for (const scope of API_KEY_SCOPES)
      for (const permission of SCOPE_PERMISSIONS[scope]) expect(ROLE_PERMISSIONS.ADMIN).toContain(permission);
    const key = { kind: 'key', keyId: newObjectId(), scopes: API_KEY_SCOPES, label: '' } as const;
    for (const permission of [
      'keys:manage',
      'users:manage',
      'tenant:manage',
      'account:own',
      'nodes:read',
    ] as const)
      expect([permission, isAllowed(key, permission)]).toEqual([permission, false]);
  });
});
