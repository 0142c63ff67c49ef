import type { Resolver } from 'node:dns/promises';
import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { fromPublicId } from '../../src/ids/public-id.js';
import { RECEIVER_DNS, ReceiverAddresses } from '../../src/modules/webhooks/receiver-addresses.js';
import { ReceiverUrl } from '../../src/modules/webhooks/receiver-url.js';
import type { Client, Loose } from '../kit/client.js';
import { DnsServer } from '../kit/dns-server.js';
import { produceEvents } from '../kit/events.js';
import { type Answering, Receiver, status } from '../kit/receiver.js';
import { seedTenant, type SeededTenant } from '../kit/seed.js';
import { startTestServer, type TestServer } from '../kit/server.js';

const CREATE = `mutation ($input: CreateWebhookInput!) {
  createWebhook(input: $input) { webhook { id url } }
}`;
const DELIVERIES = `query ($id: ID!) { node(id: $id) { ... on Webhook {
  deliveries { nodes { id status attempts nextAttemptAt responseStatus lastError } }
} } }`;

/** Hosts that a URL can name by themselves, in all their spellings. */
const LITERALS = [
  '127.0.0.1',
  '127.0.0.3',
  '127.1',
  '2130706433',
  '0x7f000001',
  '0x7f.0.0.1',
  '0177.0.0.1',
  '017700000001',
  '127.0.0.1.',
  '①②⑦.⓪.⓪.①',
  '0.0.0.0',
  '0',
  '10.1.2.3',
  '172.16.0.1',
  '192.168.1.1',
  '169.254.169.254',
  '0xa9fea9fe',
  '100.64.0.1',
  '198.18.0.1',
  '224.0.0.1',
  '255.255.255.255',
  '[::1]',
  '[::]',
  '[::ffff:127.0.0.1]',
  '[::ffff:a9fe:a9fe]',
  '[::127.0.0.1]',
  '[64:ff9b::7f00:1]',
  '[2002:7f00:1::]',
  '[fc00::1]',
  '[fd12:3456::1]',
  '[fe80::1]',
  '[fec0::1]',
  '[ff02::1]',
  'localhost',
  'localhost.',
  'LOCALHOST',
  'db.localhost',
];

/** Addresses that names may lead to. */
const PRIVATE = [
  '127.0.0.1',
  '0.0.0.0',
  '10.1.2.3',
  '172.16.0.1',
  '192.168.1.1',
  '169.254.169.254',
  '100.64.0.1',
  '::1',
  '::ffff:127.0.0.1',
  'fc00::1',
  'fe80::1',
];

describe('Receivers of webhooks', () => {
  let server: TestServer;
  let tenant: SeededTenant;
  let client: Client;
  let dns: DnsServer;
  let receiver: Receiver;

  beforeAll(async () => {
    // One address of loopback stands for the public ones, so that a receiver there can be told from one elsewhere.
    server = await startTestServer({
      env: { WEBHOOK_ALLOWED_ADDRESSES: '127.0.0.2', REQUESTS_PER_MINUTE: '100000' },
    });
    dns = await DnsServer.start();
    server.app.get<Resolver>(RECEIVER_DNS).setServers([dns.address]);
  });
  afterAll(async () => {
    await server.stop();
    await dns.stop();
  });

  beforeEach(async () => {
    tenant = await seedTenant(server);
    ({ client } = tenant.admin);
    receiver = await Receiver.start('0.0.0.0');
  });
  afterEach(() => receiver.stop());

  const input = (url: string) => ({ input: { url, events: ['CALL_UTTERANCE_ADDED'] } });
  const faultOf = async (url: string) => {
    const { code, fields } = (await client.refusal(CREATE, input(url))).extensions;
    return [code, fields?.['input.url']];
  };
  const create = async (url: string): Promise<string> =>
    (await client.data(CREATE, input(url))).createWebhook.webhook.id;
  const ownUrl = (host = '127.0.0.2') => `http://${host}:${receiver.port}/hook`;
  const looked = async (id: string): Promise<Loose[]> =>
    (await client.data(DELIVERIES, { id })).node.deliveries.nodes;

  /** Waits until the only delivery of a webhook has been tried so often, and returns it. */
  async function tried(id: string, attempts: number): Promise<Loose> {
    const deadline = Date.now() + 40_000;
    for (;;) {
      const [delivery] = await looked(id);
      if (delivery?.attempts >= attempts) return delivery;
      if (Date.now() > deadline) throw new Error(`It is still ${JSON.stringify(delivery)}`);
      await sleep(50);
    }
  }
  const sendOne = async (id: string): Promise<Loose> => {
    await produceEvents(server, tenant, { count: 1 });
    return tried(id, 1);
  };
  const sendAgain = async (id: string, { id: deliveryId, attempts }: Loose): Promise<Loose> => {
    await client.data('mutation ($id: ID!) { redeliverWebhook(deliveryId: $id) { id } }', { id: deliveryId });
    return tried(id, Number(attempts) + 1);
  };

  it('S52 are refused when they are saved, in whatever form they name a private address', async () => {
    for (const host of LITERALS)
      for (const scheme of ['http', 'https'])
        expect([host, ...(await faultOf(`${scheme}://${host}/hook`))]).toEqual([
          host,
          'BAD_USER_INPUT',
          'must lead to a public address',
        ]);
    for (const address of PRIVATE) {
      dns.set('inside.example', [address]);
      dns.set('mixed.example', ['93.184.216.34', address]);
      dns.set('127.0.0.1.nip.io', ['127.0.0.1']);
      for (const name of ['inside.example', 'inside.example.', 'mixed.example', '127.0.0.1.nip.io'])
        expect([name, address, ...(await faultOf(`https://${name}/`))]).toEqual([
          name,
          address,
          'BAD_USER_INPUT',
          'must lead to a public address',
        ]);
    }
    expect((await client.data('{ webhooks { id } }')).webhooks).toEqual([]);
  });

  it('S52 are refused again at each connection, by name and by number, and nothing is sent', async () => {
    dns.set('moved.example', ['127.0.0.2']);
    const id = await create(ownUrl('moved.example'));
    let delivery = await sendOne(id);
    expect(delivery).toMatchObject({ status: 'DELIVERED', responseStatus: 204 });
    const count = receiver.received.length;
    const refused = {
      status: 'PENDING',
      responseStatus: null,
      lastError: 'The receiver has no public address.',
    };
    for (const address of PRIVATE) {
      dns.set('moved.example', [address]);
      delivery = await sendAgain(id, delivery);
      expect([address, delivery]).toEqual([address, expect.objectContaining(refused)]);
    }
    dns.set('moved.example', ['127.0.0.2', '127.0.0.1']);
    expect(await sendAgain(id, delivery)).toMatchObject(refused);
    // As if it had been saved under other rules: sockets do not look numbers up.
    for (const host of ['127.0.0.1', '[::1]', '[::ffff:127.0.0.1]', 'localhost']) {
      await server.db
        .collection('webhooks')
        .updateOne({ _id: fromPublicId('webhook', id) as Loose }, { $set: { url: ownUrl(host) } });
      delivery = await sendAgain(id, await tried(id, 0));
      expect([host, delivery]).toEqual([host, expect.objectContaining(refused)]);
    }
    expect(receiver.received.length).toBe(count);
  });

  it('S53 cannot be public when they are checked and private when they are connected to', async () => {
    dns.set('rebound.example', ['127.0.0.2']);
    const id = await create(ownUrl('rebound.example'));
    // The check before the connection sees the first answer, the connection itself the second.
    dns.set('rebound.example', ['127.0.0.2'], ['127.0.0.1']);
    let delivery = await sendOne(id);
    expect(delivery).toMatchObject({ status: 'PENDING', lastError: 'The receiver has no public address.' });
    expect(receiver.received).toEqual([]);
    expect(receiver.connections).toBe(0);

    dns.set('rebound.example', ['127.0.0.2'], ['127.0.0.2'], ['127.0.0.1']);
    delivery = await sendAgain(id, delivery);
    expect(delivery).toMatchObject({ status: 'DELIVERED' });
    expect(receiver.localAddresses).toEqual(['127.0.0.2']);
  });

  it('S54 are not followed where they redirect to', async () => {
    const other = await Receiver.start('0.0.0.0');
    const id = await create(ownUrl());
    let delivery: Loose = null;
    for (const [code, location] of [
      [301, `http://127.0.0.2:${other.port}/`],
      [302, `http://127.0.0.1:${other.port}/`],
      [303, 'http://169.254.169.254/latest/meta-data/'],
      [307, `http://127.0.0.2:${other.port}/`],
      [308, 'file:///etc/passwd'],
    ] as const) {
      receiver.answering = status(code, { location });
      delivery = delivery ? await sendAgain(id, delivery) : await sendOne(id);
      expect(delivery).toMatchObject({
        status: 'PENDING',
        responseStatus: code,
        lastError: `The receiver answered ${code}; redirects are not followed.`,
      });
    }
    expect(other.connections).toBe(0);
    await other.stop();
  });

  it('S55 are cut off when they answer without end, and nobody gets to see what', async () => {
    const bomb = gzipSync(Buffer.alloc(50_000_000, 'secret of the receiver'));
    let written = 0;
    const flood = (response: ServerResponse) => {
      while (!response.destroyed && response.write(Buffer.alloc(65_536, 'secret of the receiver')))
        written += 65_536;
      response.once('drain', () => {
        flood(response);
      });
    };
    const drip = (response: ServerResponse) => {
      const timer = setInterval(() => response.write('s'), 1000);
      response.once('close', () => {
        clearInterval(timer);
      });
    };
    const answers: readonly (readonly [string, Answering])[] = [
      [
        'a gigabyte',
        (_received, response) => {
          response.writeHead(200, { 'content-length': '1000000000' });
          flood(response);
        },
      ],
      [
        'a bomb',
        (_received, response) => {
          response
            .writeHead(200, { 'content-encoding': 'gzip', 'content-type': 'application/json' })
            .end(bomb);
        },
      ],
      [
        'a byte per second',
        (_received, response) => {
          response.writeHead(200).flushHeaders();
          drip(response);
        },
      ],
    ];
    const id = await create(ownUrl());
    let delivery: Loose = null;
    for (const [name, answering] of answers) {
      receiver.answering = answering;
      delivery = delivery ? await sendAgain(id, delivery) : await sendOne(id);
      expect([name, delivery]).toEqual([
        name,
        expect.objectContaining({ status: 'DELIVERED', responseStatus: 200 }),
      ]);
    }
    const closed = Date.now() + 10_000;
    while (receiver.pending > 0 && Date.now() < closed) await sleep(20);
    expect(receiver.pending).toBe(0);
    // What the kernel buffers on both sides is written, and no more.
    expect(written).toBeLessThan(30_000_000);
    expect(JSON.stringify(await looked(id))).not.toContain('secret');
  });

  it('S55 are given up when not even their headers come to an end', async () => {
    const id = await create(ownUrl());
    receiver.answering = (_received, _response, { socket }) => {
      socket.write('HTTP/1.1 200 OK\r\nx-slow: ');
      const timer = setInterval(() => socket.write('s'), 500);
      socket.once('close', () => {
        clearInterval(timer);
      });
      socket.on('error', () => undefined);
    };
    expect(await sendOne(id)).toMatchObject({
      status: 'PENDING',
      responseStatus: null,
      lastError: 'The receiver did not answer within 15 s.',
    });
    receiver.answering = (_received, _response, { socket }) => {
      socket.destroy();
    };
    const [delivery] = await looked(id);
    expect(await sendAgain(id, delivery)).toMatchObject({
      responseStatus: null,
      lastError: 'The receiver closed the connection before it answered.',
    });
  });

  it('S56 have no user names, odd ports or odd schemes', async () => {
    dns.set('public.example', ['93.184.216.34']);
    const ports = 'must have one of the ports 80, 443, 8080, 8443';
    const scheme = 'must be an http or https URL';
    for (const [url, reason] of [
      ['https://user@public.example/', 'must not hold a user name or password'],
      ['https://:word@public.example/', 'must not hold a user name or password'],
      ['https://public.example:22/', ports],
      ['https://public.example:25/', ports],
      ['http://public.example:6379/', ports],
      ['https://93.184.216.34:27017/', ports],
      ['https://unknown.example:9200/', ports],
      ['ftp://public.example/', scheme],
      ['file:///etc/passwd', scheme],
      ['gopher://public.example:80/', scheme],
      ['javascript:alert(1)', scheme],
      ['data:text/plain,x', scheme],
      ['//public.example/', 'must be a URL'],
      ['public.example', 'must be a URL'],
      ['', 'must be a URL'],
    ] as const)
      expect([url, ...(await faultOf(url))]).toEqual([url, 'BAD_USER_INPUT', reason]);
    for (const url of [
      'https://public.example/',
      'https://public.example:8443/a?b=c',
      'http://public.example/',
      'https://unknown.example/',
    ])
      expect((await client.data(CREATE, input(url))).createWebhook.webhook.url).toBe(url);
  });

  it('S56 speak https alone in production', async () => {
    dns.set('public.example', ['93.184.216.34']);
    const settings = { ...server.settings, isProduction: true };
    const urls = new ReceiverUrl(server.app.get(ReceiverAddresses), settings);
    await expect(urls.accept('http://public.example/')).rejects.toThrow('must be an https URL');
    await expect(urls.accept(ownUrl())).rejects.toThrow('must be an https URL');
    expect(await urls.accept('https://public.example/hook#part')).toBe('https://public.example/hook');
  });

  it('are told to programs with the scope for it, and to no others', async () => {
    const keyOf = async (...scopes: string[]) => {
      const { createApiKey } = await client.data(
        'mutation ($input: CreateApiKeyInput!) { createApiKey(input: $input) { secret } }',
        { input: { name: 'Program', scopes } },
      );
      return server.client({ accessToken: createApiKey.secret as string });
    };
    const program = await keyOf('WEBHOOKS_MANAGE', 'CALLS_READ');
    const { createWebhook } = await program.data(CREATE, input(ownUrl()));
    const { id } = createWebhook.webhook;
    expect((await program.data('{ webhooks { id } }')).webhooks).toEqual([{ id }]);
    const user = (await tenant.user()).client;
    for (const other of [await keyOf('CALLS_READ', 'CALLS_WRITE'), user])
      expect((await other.refusal('{ webhooks { id } }')).extensions.code).toBe('FORBIDDEN');
    expect((await user.data('query ($id: ID!) { node(id: $id) { id } }', { id })).node).toBeNull();
  });

  it.each(['CALL_UTTERANCE_ADDED', 'CALL_STATUS_CHANGED', 'CALL_SUMMARY_READY'])(
    'cannot be made for %s by programs that may not read calls',
    async event => {
      const { createApiKey } = await client.data(
        'mutation ($input: CreateApiKeyInput!) { createApiKey(input: $input) { secret } }',
        { input: { name: 'Program', scopes: ['WEBHOOKS_MANAGE'] } },
      );
      const program = server.client({ accessToken: createApiKey.secret as string });
      const refused = await program.refusal(CREATE, { input: { url: ownUrl(), events: [event] } });
      expect(refused).toMatchObject({
        message: 'A webhook is told of calls: the key needs CALLS_READ too.',
        extensions: { code: 'FORBIDDEN' },
      });
    },
  );
});
