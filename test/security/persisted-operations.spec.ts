import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { documentHash } from '../../src/entry/graphql/documents.js';
import { PersistedOperations } from '../../src/entry/persisted/persisted-operations.js';
import { seedTenant, type SeededTenant } from '../kit/seed.js';
import { startTestServer, type TestServer } from '../kit/server.js';
import { type Reply, TRANSPORTS } from '../kit/transports.js';

const VIEWER = 'query Viewer { viewer { id } }';
const TENANT = 'query Tenant { tenant { id } }';
const OTHER = 'query Other { viewer { email } }';

const byApollo = (hash: string, version: unknown = 1) => ({
  extensions: { persistedQuery: { version, sha256Hash: hash } },
});
const messageOf = ({ errors }: Reply) => errors?.[0]?.message;
const codeOf = ({ errors }: Reply) => errors?.[0]?.extensions.code;

/** What Apollo's generate-persisted-query-manifest writes. */
const manifest = (...bodies: string[]) =>
  JSON.stringify({
    format: 'apollo-persisted-query-manifest',
    version: 1,
    operations: bodies.map(body => ({ id: documentHash(body), name: 'X', type: 'query', body })),
  });
/** What GraphQL Code Generator and the Relay compiler write. */
const map = (...bodies: string[]) =>
  JSON.stringify(Object.fromEntries(bodies.map(body => [documentHash(body), body])));

describe('Persisted operations', () => {
  let folder: string;
  let server: TestServer;
  let only: TestServer;
  let tenant: SeededTenant;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'voho-persisted-'));
    const [web, mobile] = [join(folder, 'web.json'), join(folder, 'mobile.json')];
    await writeFile(web, manifest(VIEWER));
    await writeFile(mobile, map(TENANT));
    const PERSISTED_OPERATIONS = `${web},${mobile}`;
    server = await startTestServer({ env: { PERSISTED_OPERATIONS } });
    only = await startTestServer({
      env: { PERSISTED_OPERATIONS, PERSISTED_OPERATIONS_ONLY: 'true' },
      beside: server,
    });
    tenant = await seedTenant(server);
  });
  afterAll(async () => {
    await only.stop();
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  });

  describe.each(TRANSPORTS)('over %s', (_name, send) => {
    const ask = (payload: object, at = server) => send(at.url, payload as never, tenant.admin.accessToken);

    it('S39 S49 run by their hash, in the way of Apollo and in that of GraphQL over HTTP', async () => {
      const [viewer, own] = [{ viewer: { id: tenant.admin.id } }, { tenant: { id: tenant.id } }];
      for (const at of [server, only]) {
        expect((await ask(byApollo(documentHash(VIEWER)), at)).data).toEqual(viewer);
        expect((await ask({ documentId: `sha256:${documentHash(TENANT)}` }, at)).data).toEqual(own);
        expect((await ask({ documentId: documentHash(TENANT) }, at)).data).toEqual(own);
        expect((await ask({ query: VIEWER, ...byApollo(documentHash(VIEWER)) }, at)).data).toEqual(viewer);
        expect((await ask({ query: VIEWER }, at)).data).toEqual(viewer);
      }
    });

    it('S39 S49 are refused when the hash is another, unknown, or none', async () => {
      for (const at of [server, only]) {
        expect(messageOf(await ask({ query: VIEWER, ...byApollo(documentHash(TENANT)) }, at))).toMatch(
          /not the SHA-256/,
        );
        expect(messageOf(await ask(byApollo(documentHash(OTHER)), at))).toBe('PersistedQueryNotFound');
        expect(messageOf(await ask({ documentId: documentHash(OTHER) }, at))).toBe('PersistedQueryNotFound');
        for (const wrong of [
          { documentId: 'x' },
          { documentId: 7 },
          byApollo('zz'),
          byApollo(documentHash(VIEWER), 2),
        ])
          expect(codeOf(await ask(wrong, at))).toBe('BAD_USER_INPUT');
      }
    });

    it('S39 S49 are the only ones that run where the operator says so', async () => {
      const reply = await ask({ query: OTHER }, only);
      expect([codeOf(reply), reply.data ?? null]).toEqual(['BAD_USER_INPUT', null]);
      expect((await ask({ query: OTHER })).data).toEqual({ viewer: { email: tenant.admin.email } });
    });

    it('S39 S49 are not added to by what clients send', async () => {
      expect((await ask({ query: OTHER, ...byApollo(documentHash(OTHER)) })).data).toBeDefined();
      expect(messageOf(await ask(byApollo(documentHash(OTHER))))).toBe('PersistedQueryNotFound');
    });
  });

  it('S39 run by a GET that names them', async () => {
    const headers = { ...tenant.admin.client.headers, 'apollo-require-preflight': 'true' };
    for (const [name, value] of [
      ['extensions', JSON.stringify(byApollo(documentHash(VIEWER)).extensions)],
      ['documentId', documentHash(VIEWER)],
    ] as const) {
      const search = new URLSearchParams({ [name]: value });
      const response = await fetch(`${only.url}/graphql?${search.toString()}`, { headers });
      expect(await response.json()).toMatchObject({ data: { viewer: { id: tenant.admin.id } } });
    }
  });

  it('S39 are told to be unknown to the server where there is no list, so that clients send their texts', async () => {
    const plain = await startTestServer();
    for (const [, send] of TRANSPORTS)
      expect(messageOf(await send(plain.url, byApollo(documentHash(VIEWER)), null))).toBe(
        'PersistedQueryNotSupported',
      );
    await plain.stop();
  });

  it.each([
    ['is not there', null],
    ['is no JSON', '{'],
    ['has another form', '{"format":"other","operations":[]}'],
    ['has an id that is not the hash of its document', JSON.stringify({ [documentHash(VIEWER)]: TENANT })],
  ])('S39 stop the start when their file %s', async (_what, content) => {
    const path = join(folder, 'broken.json');
    if (content === null) await rm(path, { force: true });
    else await writeFile(path, content);
    const settings = { ...server.settings, PERSISTED_OPERATIONS: [path] };
    expect(() => new PersistedOperations(settings)).toThrow(/PERSISTED_OPERATIONS: .*broken\.json/);
  });
});
