import { createHmac } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { ProviderSignatures } from '../../src/modules/ultravox/signatures.js';
import type { Client, Loose } from '../kit/client.js';
import { callWithStatus, seedTenant, startCall } from '../kit/seed.js';
import { startTestServer, type TestServer } from '../kit/server.js';
import { stored } from '../kit/stored.js';

const SECRETS = ['the-first-secret-of-the-account', 'the-secret-that-takes-its-place'];
const ENDED = 'call.ended';

describe('Webhooks of the provider', () => {
  let server: TestServer;
  let client: Client;
  /** Passes the account's webhooks on without any metadata, as a provider might that keeps it to itself. */
  let relay: Server;
  let relayed: string[] = [];

  beforeAll(async () => {
    server = await startTestServer({ env: { ULTRAVOX_WEBHOOK_SECRET: SECRETS.join(', ') } });
    ({ client } = (await seedTenant(server)).admin);
    relay = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => (body += chunk.toString()));
      request.on('end', () => {
        const news = JSON.parse(body) as { event: string; call: Loose };
        relayed.push(news.event);
        void sendToAccount({ ...news, call: { ...news.call, metadata: {} } }).then(({ status }) =>
          response.writeHead(status).end(),
        );
      });
    }).listen(0, '127.0.0.1');
    await new Promise(resolve => relay.once('listening', resolve));
    await atSimulator('POST', '/api/webhooks', {
      url: `http://127.0.0.1:${(relay.address() as AddressInfo).port}/`,
      events: ['call.started', 'call.joined', ENDED, 'call.billed'],
      secrets: ['not looked at by the relay'],
    });
  });
  afterEach(() => atSimulator('DELETE', '/simulator/faults'));
  afterAll(async () => {
    relay.closeAllConnections();
    relay.close();
    await server.stop();
  });

  const atSimulator = (method: string, path: string, body?: object) =>
    fetch(`${server.simulator.url}${path}`, {
      method,
      headers: { 'x-api-key': 'any', 'content-type': 'application/json' },
      ...(body && { body: JSON.stringify(body) }),
    });
  const signed = (body: string, secret: string, timestamp = new Date().toISOString()) => ({
    'x-ultravox-webhook-timestamp': timestamp,
    'x-ultravox-webhook-signature': createHmac('sha256', secret).update(body).update(timestamp).digest('hex'),
  });
  const send = (path: string, body: string, headers: Record<string, string>) =>
    fetch(`${server.url}/ultravox/webhooks${path}`, { method: 'POST', headers, body });
  const sendToAccount = (news: object, secret = SECRETS[0] ?? '') => {
    const body = JSON.stringify(news);
    return send('', body, signed(body, secret));
  };
  /** A call that nothing but what a test sends is told of, and how the provider sees it. */
  const quietCall = async (): Promise<{ id: string; seen: Loose }> => {
    await atSimulator('POST', '/simulator/faults', [
      { kind: 'never-joins' },
      { kind: 'webhook-lost' },
    ] as never);
    const { id, providerCallId } = await startCall(client);
    return { id, seen: await (await atSimulator('GET', `/api/calls/${providerCallId as string}`)).json() };
  };
  const over = (seen: Loose) => ({
    event: ENDED,
    call: { ...seen, joined: seen.created, ended: seen.created, endReason: 'hangup' },
  });
  const statusOf = async (id: string) =>
    (await client.data('query ($id: ID!) { call(id: $id) { status } }', { id })).call.status as string;
  const kept = async () => (await stored(server))['earlyNews'] ?? [];
  const everything = () => stored(server, { except: ['jobs', 'sessions'] });

  it('S51 are refused without a fresh signature by a secret of theirs over the very bytes, and leave nothing but a count', async () => {
    const { id, seen } = await quietCall();
    const body = JSON.stringify(over(seen));
    const other = await startCall(client);
    const signatures = server.app.get(ProviderSignatures, { strict: false });
    const own = signatures.secretOf(id);
    const old = new Date(Date.now() - 61_000).toISOString();
    const early = new Date(Date.now() + 60_000).toISOString();
    const before = await everything();
    for (const [path, secret] of [
      [`/${id}`, own],
      ['', SECRETS[0] ?? ''],
    ] as const) {
      const good = signed(body, secret);
      const refused: [string, Record<string, string>][] = [
        [body, {}],
        [body, { ...good, 'x-ultravox-webhook-signature': '' }],
        [body, { ...good, 'x-ultravox-webhook-signature': 'zz,,'.repeat(50) }],
        [body, { ...good, 'x-ultravox-webhook-timestamp': new Date().toUTCString() }],
        [body, signed(body, secret, old)],
        [body, signed(body, secret, early)],
        [body, signed(body, secret, 'never')],
        [body, signed(body, signatures.secretOf(other.id as string))],
        [body, signed(body, path === '' ? own : (SECRETS[0] ?? ''))],
        [body.replace('hangup', 'hangut'), good],
        [`${body} `, good],
      ];
      for (const [sent, headers] of refused) expect((await send(path, sent, headers)).status).toBe(401);
      for (const sent of ['', 'null', '[]', '{"event":"call.ended"}', '{"call":{"callId":"../x"}}']) {
        expect((await send(path, sent, signed(sent, secret))).status).toBe(400);
      }
    }
    // A call may be told of at its own address alone.
    const elsewhere = signed(body, signatures.secretOf(other.id as string));
    expect((await send(`/${other.id as string}`, body, elsewhere)).status).toBe(400);
    expect((await send('/call_000000000000000000000000', body, signed(body, own))).status).toBe(401);
    expect(await statusOf(id)).toBe('RINGING');
    const after = await everything();
    expect(after['earlyNews']).toEqual(before['earlyNews']);
    expect(after['auditEvents']).toEqual(before['auditEvents']);
    const metrics = await (await fetch(`${server.url}/metrics`)).text();
    expect(metrics).toMatch(/voho_provider_webhooks_total\{outcome="refused"\} 23/);
  });

  it('S51 are taken with either secret while one takes the place of the other, and do no harm when they are sent again', async () => {
    for (const secret of SECRETS) {
      const { id, seen } = await quietCall();
      expect((await sendToAccount(over(seen), secret)).status).toBe(204);
      expect(await statusOf(id)).toBe('COMPLETED');
      expect((await sendToAccount(over(seen), secret)).status).toBe(204);
      expect((await sendToAccount({ event: 'call.started', call: seen }, secret)).status).toBe(204);
      expect(await statusOf(id)).toBe('COMPLETED');
    }
  });

  it("lead to their call by our own mark or record, whatever they say, and never into another's", async () => {
    const { id, seen } = await quietCall();
    const victim = await quietCall();
    const claims = { tenantId: 'tenant_000000000000000000000000', vohoCallId: victim.id };
    // Another program that uses the account cannot claim a call of ours.
    const foreign = { ...over(seen).call, callId: 'e5b1a9a1-0000-4d09-9c5c-2f0f9d1b6f3e' };
    for (const vohoCallMark of ['', 'AAAA', seen.metadata.vohoCallMark as string]) {
      const metadata = { ...claims, vohoCallMark };
      expect((await sendToAccount({ event: ENDED, call: { ...foreign, metadata } })).status).toBe(204);
    }
    expect(await statusOf(victim.id)).toBe('RINGING');
    expect(await kept()).toHaveLength(1);
    // Without our mark it is found by its id.
    expect((await sendToAccount({ event: ENDED, call: { ...over(seen).call, metadata: {} } })).status).toBe(
      204,
    );
    expect(await statusOf(id)).toBe('COMPLETED');
  });

  it('are kept while their call is not known yet, and matched once it is', async () => {
    relayed = [];
    const already = (await kept()).length;
    // The answer that names the call comes after the news of it, and nothing else tells of it.
    await atSimulator('POST', '/simulator/faults', [
      { kind: 'create-delay', delayMs: 2500, times: 1 },
      { kind: 'webhook-lost', events: ['call.joined', ENDED, 'call.billed'] },
      { kind: 'data-refused' },
    ] as never);
    const { id, status } = await startCall(client);
    expect(status).toBe('QUEUED');
    while ((await kept()).length === already) expect(await statusOf(id)).toBe('QUEUED');
    expect(relayed).toContain('call.started');
    await callWithStatus(client, id, 'COMPLETED');
    while ((await kept()).length > already);
  });
});
