import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import openapiTS, { astToString } from 'openapi-typescript';
import { ProviderAccounts } from '../../src/modules/ultravox/provider-accounts.js';
import type {
  PhoneCarrier,
  ProviderCallRequest,
  VoiceProvider,
} from '../../src/modules/ultravox/voice-provider.js';
import { UltravoxClient } from '../../src/modules/ultravox/ultravox-client.js';
import { Metrics } from '../../src/telemetry/metrics.js';
import { ApiDescription, DESCRIPTION, type SentRequest } from '../kit/api-description.js';

const ID = '7c1a9a1e-3a53-4d09-9c5c-2f0f9d1b6f3e';
const CALL = { callId: ID, created: '2026-11-23T10:00:00Z' };

const WEB: ProviderCallRequest = {
  systemPrompt: 'Greet Zoë.',
  model: null,
  voice: null,
  languageHint: null,
  temperature: null,
  firstSpeaker: 'AGENT',
  maxDurationSeconds: 3600,
  recordingEnabled: true,
  phone: null,
  variables: { name: 'Zoë', nested: { list: [1, null] } },
  metadata: { vohoCallId: 'call_6561f0c0a1b2c3d4e5f60718', order: '42', 'ultravox.reserved': 'theirs' },
  callbacks: {
    webhookUrl: 'https://voho.example/ultravox/webhooks/call_1',
    dataConnectionUrl: 'wss://voho.example/ultravox/data/call_1',
    secret: 'a-secret-of-more-than-sixteen-characters',
  },
};

const FULL: ProviderCallRequest = {
  ...WEB,
  model: 'ultravox-v0.7',
  voice: 'Mark',
  languageHint: 'de-CH',
  temperature: 0.4,
  firstSpeaker: 'USER',
  recordingEnabled: false,
};

const CARRIERS: readonly PhoneCarrier[] = [
  { kind: 'twilio' },
  { kind: 'telnyx' },
  { kind: 'plivo' },
  { kind: 'sip', host: 'trunk.example:5060' },
  { kind: 'sip', host: 'trunk.example', username: 'voho', password: 'a password' },
];

describe("The provider's own description of its API", () => {
  const description = new ApiDescription();
  let server: Server;
  let provider: VoiceProvider;
  let sent: SentRequest[] = [];
  const asked = new Set<string>();

  beforeAll(async () => {
    server = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => (body += chunk.toString()));
      request.on('end', () => {
        const { method = '', url = '' } = request;
        sent.push({ method, url, body });
        expect(request.headers['x-api-key']).toBe('the key');
        const isList = method === 'GET' && /^\/api\/calls(\/[\w-]+\/messages)?\?/.test(url);
        const more =
          isList && !url.includes('cursor=') ? { next: 'https://elsewhere.example/?cursor=c%3D2' } : {};
        const account = { activeCalls: 3, allowedConcurrentCalls: null };
        const usage = { allTime: {}, daily: [], hourly: [] };
        const ofAccount = url === '/api/accounts/me' ? account : usage;
        const single = url.startsWith('/api/accounts/') ? ofAccount : CALL;
        const answer = isList ? { results: [], ...more } : single;
        response.writeHead(method === 'POST' ? 201 : 200).end(JSON.stringify(answer));
      });
    }).listen(0, '127.0.0.1');
    await new Promise(resolve => server.once('listening', resolve));
    const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const client = new ProviderAccounts(new Metrics()).clientOf({
      baseUrl,
      apiKey: 'the key',
      owner: 'platform',
    });
    provider = new Proxy(client, {
      get: (target, name) => {
        asked.add(String(name));
        return (target[name as keyof VoiceProvider] as () => unknown).bind(target);
      },
    });
  });
  beforeEach(() => {
    sent = [];
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });

  const expectValid = (...expected: string[]) => {
    expect(sent.map(({ method, url }) => `${method} ${url}`)).toEqual(expected);
    expect(sent.flatMap(request => description.faultsOf(request))).toEqual([]);
  };

  it.each<[string, ProviderCallRequest]>([
    ['with nothing that can be left out', WEB],
    ['with everything', FULL],
    ...CARRIERS.map((carrier): [string, ProviderCallRequest] => [
      `by ${carrier.kind}${'username' in carrier ? ' with a user' : ''}`,
      { ...WEB, phone: { carrier, to: '+4915112345678', from: '+12025550100' } },
    ]),
  ])('takes a call %s', async (_how, request) => {
    await provider.createCall(request);
    expectValid('POST /api/calls');
    const body = JSON.parse(sent[0]?.body ?? '') as Record<string, Record<string, unknown>>;
    expect(body['metadata']).toEqual({ vohoCallId: 'call_6561f0c0a1b2c3d4e5f60718', order: '42' });
    // It has no "started", and no phone number where a SIP address belongs.
    expect(Object.keys(body['callbacks'] ?? {})).toEqual(['joined', 'ended', 'billed']);
    if (request.phone?.carrier.kind === 'sip') {
      const { host } = request.phone.carrier;
      expect(body['medium']).toMatchObject({ sip: { outgoing: { to: `sip:+4915112345678@${host}` } } });
    }
  });

  it('takes everything that is said into a call', async () => {
    await provider.sendMessage(ID, { kind: 'userText', text: 'Hello', isUrgent: false });
    await provider.sendMessage(ID, { kind: 'userText', text: 'Hello', isUrgent: true });
    await provider.sendMessage(ID, { kind: 'agentSays', text: 'We close at noon.', isUrgent: true });
    await provider.sendMessage(ID, { kind: 'hangUp' });
    expectValid(...Array<string>(4).fill(`POST /api/calls/${ID}/send_data_message`));
  });

  it('takes everything that is asked for, page by page by the cursor alone', async () => {
    await provider.findCalls('vohoCallId', 'call_6561f0c0a1b2c3d4e5f60718');
    await provider.getCall(ID);
    await provider.getTranscript(ID);
    for await (const _piece of provider.getRecording(ID));
    expect(await provider.capacity()).toEqual({ activeCalls: 3, allowedCalls: null });
    expect(await provider.usage('2026-11-01', '2026-11-23')).toEqual([]);
    await provider.deleteCall(ID);
    const find = 'GET /api/calls?metadata.vohoCallId=call_6561f0c0a1b2c3d4e5f60718&sort=created&pageSize=200';
    const messages = `GET /api/calls/${ID}/messages?mode=in_call&pageSize=200`;
    expectValid(
      find,
      `${find}&cursor=c%3D2`,
      `GET /api/calls/${ID}`,
      messages,
      `${messages}&cursor=c%3D2`,
      `GET /api/calls/${ID}/recording`,
      'GET /api/accounts/me',
      'GET /api/accounts/me/usage/calls?fromDate=2026-11-01T00%3A00%3A00Z&toDate=2026-11-23T23%3A59%3A59.999999Z',
      `DELETE /api/calls/${ID}`,
    );
  });

  it('has judged everything that can be asked of a provider', () => {
    const own = Object.getOwnPropertyNames(UltravoxClient.prototype);
    expect([...asked].sort()).toEqual(own.filter(name => !['constructor', 'pages'].includes(name)).sort());
  });

  it('finds a misspelt field, a value that is none, a parameter that is not there, and an unknown path', () => {
    const faults = (method: string, url: string, body: object | null = null) =>
      description.faultsOf({ method, url, body: body ? JSON.stringify(body) : '' }).length;
    expect(faults('POST', '/api/calls', { systemPromt: 'x' })).toBe(1);
    expect(faults('POST', '/api/calls', { medium: { twilio: { outgoing: { too: 'x' } } } })).toBe(1);
    expect(faults('POST', '/api/calls', { maxDuration: 30 })).toBe(1);
    expect(faults('POST', '/api/calls', { metadata: { a: 1 } })).toBe(1);
    expect(faults('GET', '/api/calls?limit=1')).toBe(1);
    expect(faults('GET', '/api/calls/1')).toBe(1);
    expect(faults('GET', `/api/calls/${ID}/messages?mode=all`)).toBe(1);
    expect(faults('GET', '/api/calls/')).toBe(1);
    expect(faults('POST', `/api/calls/${ID}/send_data_message`, { type: 'hangup' })).toBe(1);
  });

  it('is what the types of the wire are made from: npm run ultravox:types', async () => {
    const nodes = await openapiTS(readFileSync(DESCRIPTION, 'utf8'), {
      defaultNonNullable: false,
      emptyObjectsUnknown: true,
    });
    const committed = readFileSync(new URL('openapi.d.mts', DESCRIPTION), 'utf8');
    expect(committed.endsWith(astToString(nodes))).toBe(true);
  });
});
