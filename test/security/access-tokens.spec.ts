import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createHmac, generateKeyPairSync, sign } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { RefusalLog } from '../../src/modules/audit/refusal-log.js';
import { Metrics } from '../../src/telemetry/metrics.js';
import type { Loose } from '../kit/client.js';
import { EventStreamReader } from '../kit/event-stream-reader.js';
import { rawSocket } from '../kit/raw-socket.js';
import { seedTenant, type SeededTenant } from '../kit/seed.js';
import { startTestServer, type TestServer } from '../kit/server.js';

const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url');
const partOf = (token: string, index: number): Loose =>
  JSON.parse(Buffer.from(token.split('.')[index] ?? '', 'base64url').toString());
const now = () => Math.floor(Date.now() / 1000);

describe('Access tokens', () => {
  let server: TestServer;
  let tenant: SeededTenant;
  /** Listens where forged headers point to. */
  let elsewhere: Server;
  let fetches = 0;

  beforeAll(async () => {
    server = await startTestServer({ env: { TRUSTED_PROXIES: '1' } });
    tenant = await seedTenant(server);
    elsewhere = createServer((_request, response) => {
      fetches += 1;
      response.end('{}');
    });
    await new Promise<void>(resolve => elsewhere.listen(0, '127.0.0.1', resolve));
  });
  afterAll(async () => {
    elsewhere.close();
    await server.stop();
  });

  const key = () => Buffer.from(server.settings.JWT_SECRET);
  const claims = () => partOf(tenant.admin.accessToken, 1);
  /** A token with our key's signature over whatever it says. */
  const signed = (header: object, payload: object) => {
    const body = `${encode(header)}.${encode(payload)}`;
    return `${body}.${createHmac('sha256', key()).update(body).digest('base64url')}`;
  };
  const OURS = { alg: 'HS256', typ: 'at+jwt' };
  let visitor = 0;
  /** Each from an address of its own, since few forgeries of one address are recorded. */
  const codeOf = async (accessToken: string) => {
    visitor += 1;
    const { errors } = await server
      .client({ accessToken, headers: { 'x-forwarded-for': `203.0.113.${visitor}` } })
      .send('{ viewer { id } }');
    return errors?.[0]?.extensions.code ?? 'OK';
  };
  const forgeries = async (): Promise<number> =>
    (
      await tenant.admin.client.data(
        '{ auditEvents(filter: { actions: ["security.token_forged"] }) { totalCount } }',
      )
    ).auditEvents.totalCount;

  it('count as they are made here, and as a test would make them', async () => {
    expect(partOf(tenant.admin.accessToken, 0)).toEqual(OURS);
    expect(claims()).toMatchObject({ iss: 'voho', aud: 'voho', exp: expect.any(Number) });
    expect(await codeOf(signed(OURS, claims()))).toBe('OK');
  });

  it('S01 without a signature are refused and put on record', async () => {
    const before = await forgeries();
    const tokens = ['none', 'None', 'NONE', 'nOnE'].flatMap(alg => [
      `${encode({ alg, typ: 'at+jwt' })}.${encode(claims())}.`,
      `${encode({ alg, typ: 'JWT' })}.${encode(claims())}.${tenant.admin.accessToken.split('.')[2] ?? ''}`,
    ]);
    for (const token of tokens) expect(await codeOf(token)).toBe('UNAUTHENTICATED');
    expect(await forgeries()).toBe(before + tokens.length);
    const { value } = (await server.app.get(Metrics).securityEvents.get()).values[0] ?? { value: 0 };
    expect(value).toBeGreaterThanOrEqual(tokens.length);
  });

  it('S01 that are made up are put on record once a minute per address, with a count, however many are sent', async () => {
    const before = await forgeries();
    const forged = server.client({ accessToken: `${encode(OURS)}.${encode(claims())}.AAAA` });
    for (let sent = 0; sent < 15; sent += 1) await forged.refusal('{ viewer { id } }');
    expect(await forgeries()).toBe(before + 1);
    await server.app.get(RefusalLog).flush();
    const { auditEvents } = await tenant.admin.client.data(
      '{ auditEvents(first: 1, filter: { actions: ["security.token_forged"] }) { nodes { details } } }',
    );
    expect(auditEvents.nodes).toEqual([{ details: { reason: 'invalid signature', count: 14 } }]);
    expect(await forgeries()).toBe(before + 2);
  });

  it('S02 signed with another algorithm are refused, be it with a public key as secret', async () => {
    const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const pem = publicKey.export({ type: 'spki', format: 'pem' });
    const body = `${encode(OURS)}.${encode(claims())}`;
    const rsBody = `${encode({ ...OURS, alg: 'RS256' })}.${encode(claims())}`;
    const hs512 = `${encode({ ...OURS, alg: 'HS512' })}.${encode(claims())}`;
    const tokens = [
      `${body}.${createHmac('sha256', pem).update(body).digest('base64url')}`,
      `${rsBody}.${sign('sha256', Buffer.from(rsBody), privateKey).toString('base64url')}`,
      `${hs512}.${createHmac('sha512', key()).update(hs512).digest('base64url')}`,
      `${body}.${createHmac('sha256', '').update(body).digest('base64url')}`,
    ];
    for (const token of tokens) expect(await codeOf(token)).toBe('UNAUTHENTICATED');
  });

  it('S03 that name a key, or where to get one, are refused, and nothing is fetched', async () => {
    const url = `http://127.0.0.1:${(elsewhere.address() as AddressInfo).port}/keys`;
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    for (const extra of [
      { kid: '../../../dev/null' },
      { kid: "x' UNION SELECT 'secret" },
      { kid: url },
      { jku: url },
      { x5u: url },
      { jwk: publicKey.export({ format: 'jwk' }) },
      { x5c: ['AAAA'] },
      { crit: ['exp'] },
    ])
      expect([extra, await codeOf(signed({ ...OURS, ...extra }, claims()))]).toEqual([
        extra,
        'UNAUTHENTICATED',
      ]);
    expect(fetches).toBe(0);
  });

  it('S04 of another issuer, for others, without an end, past it or before their time are refused', async () => {
    const { exp: _exp, ...endless } = claims();
    for (const payload of [
      { ...claims(), iss: 'evil' },
      { ...claims(), aud: 'evil' },
      { ...endless },
      { ...claims(), exp: 'never' },
      { ...claims(), exp: now() - 61 },
      { ...claims(), nbf: now() + 61 },
      { ...claims(), userId: 'user_zz' },
      { ...claims(), sessionId: undefined },
    ])
      expect([payload, await codeOf(signed(OURS, payload))]).toEqual([payload, 'UNAUTHENTICATED']);
    const { iss: _iss, ...anonymous } = claims();
    const { aud: _aud, ...forAll } = claims();
    for (const payload of [anonymous, forAll])
      expect(await codeOf(signed(OURS, payload))).toBe('UNAUTHENTICATED');
  });

  it('S04 that have just expired are nobody’s forgery', async () => {
    const before = await forgeries();
    expect(await codeOf(signed(OURS, { ...claims(), exp: now() - 1 }))).toBe('UNAUTHENTICATED');
    expect(await forgeries()).toBe(before);
  });

  it('that were made before JWT_SECRET was changed are refused as old ones, and nobody’s forgery', async () => {
    const changed = await startTestServer({
      beside: server,
      env: { TRUSTED_PROXIES: '1', JWT_SECRET: 'tW4nXq8Zr1LcVb6HyJ3mKd9PsGf2AeUo' },
    });
    try {
      const before = await forgeries();
      const { accessToken } = tenant.admin;
      const user = await tenant.user();
      for (const token of [accessToken, user.accessToken]) {
        const refusal = await changed.client({ accessToken: token }).refusal('{ viewer { id } }');
        expect(refusal).toMatchObject({
          message: 'The access token is not valid or has expired.',
          extensions: { code: 'UNAUTHENTICATED' },
        });
      }
      expect(await forgeries()).toBe(before);
      const counted = (await changed.app.get(Metrics).securityEvents.get()).values;
      expect(counted).toEqual([
        expect.objectContaining({ labels: { event: 'token_of_another_key' }, value: 2 }),
      ]);

      // What was changed since, or never made here, stays a forgery: an address each, so that each has its row.
      const [, , signature = ''] = accessToken.split('.');
      const other = await seedTenant(changed);
      const forged = [
        `${encode({ alg: 'none', typ: 'at+jwt' })}.${encode(claims())}.`,
        `${encode({ ...OURS, kid: 'older' })}.${encode(claims())}.${signature}`,
        `${encode(OURS)}.${encode({ ...claims(), userId: partOf(user.accessToken, 1).userId })}.${signature}`,
        `${encode(OURS)}.${encode({ ...claims(), exp: Number(claims().exp) + 60 })}.${signature}`,
        `${encode(OURS)}.${encode({ ...claims(), keyId: 'AAAAAAAA' })}.${signature}`,
        `${encode(OURS)}.${encode({ ...claims(), keyMark: 'AAAAAAAAAAAAAAAA' })}.${signature}`,
        `${encode(OURS)}.${encode({ ...claims(), tenantId: other.id })}.${signature}`,
      ];
      for (const [index, token] of forged.entries())
        await changed
          .client({
            accessToken: token,
            tenantSubdomain: tenant.subdomain,
            headers: { 'x-forwarded-for': `198.51.100.${index}` },
          })
          .refusal('{ viewer { id } }');
      expect(await forgeries()).toBe(before + forged.length);
    } finally {
      await changed.stop();
    }
  });

  it('S05 need their own type: what is signed by us for something else is none', async () => {
    for (const typ of ['JWT', 'rt+jwt', 'at+JWT ', undefined])
      expect([typ, await codeOf(signed({ alg: 'HS256', typ }, claims()))]).toEqual([typ, 'UNAUTHENTICATED']);
  });

  it('S01 S04 S05 are checked the same over sockets, which close with 4403, and streams, which answer 401', async () => {
    for (const token of [
      `${encode({ alg: 'none' })}.${encode(claims())}.`,
      signed({ alg: 'HS256', typ: 'JWT' }, claims()),
      signed(OURS, { ...claims(), exp: now() - 61 }),
    ]) {
      const socket = await rawSocket(server.url);
      socket.send({ type: 'connection_init', payload: { authorization: `Bearer ${token}` } });
      expect((await socket.closing()).code).toBe(4403);
      const stream = new EventStreamReader(
        server.url,
        { query: '{ viewer { id } }' },
        { accessToken: token },
      );
      expect(await stream.refusal()).toEqual([401, 'UNAUTHENTICATED']);
    }
  });
});
