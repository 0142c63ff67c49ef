import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import mongoose from 'mongoose';
import { DATA_KEY_FIELD } from '../../src/data-keys/data-key.schema.js';
import { collectionDefinitions } from '../../src/mongo/model-provider.js';
import { SEALED_COLLECTIONS } from '../../src/operator/sealed-collections.js';
import { ProviderSignatures } from '../../src/modules/ultravox/signatures.js';
import { TenantDirectory } from '../../src/tenancy/tenant-directory.js';
import { Vault } from '../../src/vault/vault.js';
import { sealedPaths } from '../../src/vault/sealed-text.js';
import type { Client } from '../kit/client.js';
import { operate } from '../kit/operate.js';
import { callWithStatus, seedTenant, type SeededTenant, startCall } from '../kit/seed.js';
import { startTestServer, type TestServer } from '../kit/server.js';

const OLD = 'P4tLw9ZrNx2yUe6GvKj8QmSb5oCi1hAd';
const NEW = 'n8VfT3qYb1KzR6wX0cLmJ5sDhG9pUe2A';
const SET_KEY = 'mutation ($input: UpdateTenantInput!) { updateTenant(input: $input) { id } }';

describe('A change of MASTER_KEY, while servers with either key run', () => {
  let before: TestServer;
  let after: TestServer;
  let tenant: SeededTenant;
  let there: Client;

  beforeAll(async () => {
    before = await startTestServer({ env: { MASTER_KEY: OLD, MASTER_KEY_PREVIOUS: NEW } });
    const { simulator, settings } = before;
    const shared = { DATA_DIR: settings.DATA_DIR, ULTRAVOX_BASE_URL: simulator.url };
    after = await startTestServer({
      beside: before,
      env: { ...shared, MASTER_KEY: NEW, MASTER_KEY_PREVIOUS: OLD },
    });
    tenant = await seedTenant(before);
    there = after.client({ accessToken: tenant.admin.accessToken });
    const input = { ultravoxApiKey: 'a-key-of-its-own' };
    await tenant.admin.client.data(SET_KEY, { input });
  });
  afterAll(async () => {
    await after.stop();
    await before.stop();
  });

  const sealedKey = async () =>
    (await before.app.get(TenantDirectory).findBySubdomain(tenant.subdomain))?.sealedUltravoxApiKey ?? '';

  it('takes cursors of either server on the other', async () => {
    const query = '{ auditEvents { edges { cursor } } eventCursor }';
    const next = `query ($after: String) { auditEvents(after: $after) { nodes { id } } }`;
    const here = await tenant.admin.client.data(query);
    const elsewhere = await there.data(query);
    expect(here.auditEvents.edges[0].cursor).not.toBe(elsewhere.auditEvents.edges[0].cursor);
    await there.data(next, { after: here.auditEvents.edges[0].cursor });
    await tenant.admin.client.data(next, { after: elsewhere.auditEvents.edges[0].cursor });
  });

  it('uses the key that was sealed before on the new server, and plays its recordings by links of the old', async () => {
    const { id } = await startCall(there);
    await callWithStatus(there, id, 'COMPLETED');
    const query = 'query ($id: ID!) { call(id: $id) { isSimulated recording { url } } }';
    let call: { isSimulated: boolean; recording: { url: string } | null };
    do ({ call } = await tenant.admin.client.data(query, { id }));
    while (!call.recording);
    expect(call.isSimulated).toBe(false);
    const link = new URL(call.recording.url);
    expect((await fetch(`${after.url}${link.pathname}${link.search}`)).status).toBe(200);
  });

  it('takes news of calls that the other server has made', async () => {
    const call = await startCall(tenant.admin.client);
    const secretAt = ({ app }: TestServer) =>
      app.get(ProviderSignatures, { strict: false }).secretOf(call.id);
    const secret = secretAt(before);
    expect(secretAt(after)).not.toBe(secret);
    const timestamp = new Date().toISOString();
    const body = JSON.stringify({ event: 'call.joined', call: { callId: 'elsewhere', created: timestamp } });
    const signature = createHmac('sha256', secret).update(body).update(timestamp).digest('hex');
    const send = (name: string) =>
      fetch(`${after.url}/ultravox/webhooks/${call.id as string}`, {
        method: 'POST',
        headers: { 'x-ultravox-webhook-timestamp': timestamp, 'x-ultravox-webhook-signature': name },
        body,
      });
    expect((await send(signature)).status).toBe(204);
    expect((await send(signature.replace(/^./, digit => (digit === '0' ? '1' : '0')))).status).toBe(401);
  });

  it('S57 wraps everything sealed with the new key, once, on record; then the old one may go', async () => {
    const sealed = await sealedKey();
    // More than are wrapped at once.
    const tenantId = new mongoose.Types.ObjectId(tenant.id.replace('tenant_', ''));
    const vault = before.app.get(Vault);
    const more = Array.from({ length: 150 }, (_, index) => ({
      tenantId,
      subject: `copy-${index}`,
      sealedKey: vault.seal(tenantId, DATA_KEY_FIELD, 'a key'),
      createdAt: new Date(),
    }));
    await before.db.collection('dataKeys').insertMany(more);
    const keys = { MASTER_KEY: NEW, MASTER_KEY_PREVIOUS: OLD };
    expect(await operate(before, ['keys', 'rewrap'], { MASTER_KEY: NEW })).toMatchObject({
      code: 1,
      err: expect.stringContaining(tenant.subdomain),
    });
    expect(await operate(before, ['keys', 'rewrap'], keys)).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^Wrapped 152 values of \d+ tenants/),
    });
    expect((await operate(before, ['keys', 'rewrap'], keys)).out).toMatch(/^Wrapped 0 values/);
    const rewrapped = await sealedKey();
    expect(rewrapped).not.toBe(sealed);
    // The secret itself was not encrypted again.
    expect(rewrapped.split('.')[3]).toBe(sealed.split('.')[3]);
    const query = '{ auditEvents(filter: { actions: ["tenant.keys_rewrapped"] }) { nodes { details } } }';
    // The provider's key, and the admin's own among the others.
    expect((await there.data(query)).auditEvents.nodes).toEqual([
      { details: { of: 'DataKey', values: 51 } },
      { details: { of: 'DataKey', values: 100 } },
      { details: { of: 'Tenant', values: 1 } },
    ]);

    const { simulator, settings } = before;
    const later = await startTestServer({
      beside: before,
      env: { DATA_DIR: settings.DATA_DIR, ULTRAVOX_BASE_URL: simulator.url, MASTER_KEY: NEW },
    });
    const client = later.client({ accessToken: tenant.admin.accessToken });
    const { id } = await startCall(client);
    await callWithStatus(client, id, 'RINGING', 'IN_PROGRESS', 'COMPLETED');
    await later.stop();
  });

  it('finds everything that schemas declare as sealed', () => {
    const declared = collectionDefinitions().filter(({ schema }) => sealedPaths(schema).size > 0);
    expect(declared.map(({ model }) => model).sort()).toEqual(
      SEALED_COLLECTIONS.map(({ model }) => model).sort(),
    );
  });
});
