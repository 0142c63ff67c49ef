import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { toPublicId } from '../../src/ids/public-id.js';
import { SignedLinks } from '../../src/links/signed-links.js';
import { newObjectId } from '../../src/mongo/object-id.js';
import { UpgradeRouter } from '../../src/upgrades/upgrade-router.js';
import { collectionsAsked } from '../kit/profile.js';
import { openRawSocket } from '../kit/raw-socket.js';
import { startTestServer, type TestServer } from '../kit/server.js';

/** What an Express router holds, with the paths that it stands on. */
interface Layer {
  readonly rawPath: string | readonly string[];
  readonly route?: { readonly methods: Readonly<Record<string, boolean>> };
  readonly handle: { readonly stack?: readonly Layer[] };
}
type Headers = Readonly<Record<string, string>>;
/** Sends one request of a stranger; resolves with the status, or with the code that a socket is closed with. */
type Send = (server: TestServer, headers: Headers) => Promise<number>;

const LIMIT = 30;
/** Refusals that are told at once; those behind them come late. */
const BEYOND = 6;
/** What the server asks for by itself meanwhile, and the oldest note of the outbox, which readiness tells the age of. */
const OWN_WORK = /^(system\.profile|\$cmd.*|jobs|outbox|clockMarks|migrations|places|providerLoads)$/;

const http =
  (path: string | ((server: TestServer) => string), { headers: own, ...init }: RequestInit = {}): Send =>
  async (server, headers) => {
    const url = server.url + (typeof path === 'string' ? path : path(server));
    const response = await fetch(url, { ...init, headers: { ...(own as Headers), ...headers } });
    await response.body?.cancel();
    return response.status;
  };
const madeUp = () => toPublicId('call', newObjectId());
/** An operation for a tenant that there is not: it is looked up where no limit comes first. */
const operation = (accept: string): RequestInit => ({
  method: 'POST',
  headers: { 'content-type': 'application/json', 'x-tenant-subdomain': 'made-up', accept },
  body: '{"query":"{ __typename }"}',
});
const link = (purpose: 'recordings' | 'exports', end: string) =>
  http(({ app, settings }) => {
    const { url } = app.get(SignedLinks).issue(purpose, `${madeUp()}${end}`, 60_000);
    return url.replace(settings.PUBLIC_URL, '');
  });
/** The provider's headers as a stranger makes them up, for its webhooks and for its data connection. */
const unsigned = (prefix: string, name: string): Headers => ({
  [`${prefix}-timestamp`]: new Date().toISOString(),
  [name]: '00'.repeat(32),
});
const news = (path: () => string): Send =>
  http(path, {
    method: 'POST',
    body: '{}',
    headers: unsigned('x-ultravox-webhook', 'x-ultravox-webhook-signature'),
  });
const socket =
  (path: () => string, own: Headers = {}): Send =>
  async (server, headers) => {
    const opened = await openRawSocket(server.url, { path: path(), headers: { ...own, ...headers } });
    if (typeof opened === 'number') return opened;
    opened.send({ type: 'connection_init', payload: { 'x-tenant-subdomain': 'made-up' } });
    return (await opened.closing()).code;
  };

/** How requests beyond the limit of strangers end, by route; null where none is counted since none asks the database. */
const ROUTES: Readonly<Record<string, { readonly beyond: number | null; readonly send: Send }>> = {
  'use /graphql': { beyond: 429, send: http('/graphql', operation('application/json')) },
  'use /graphql/stream': { beyond: 429, send: http('/graphql/stream', operation('text/event-stream')) },
  'upgrade /graphql': { beyond: 1013, send: socket(() => '/graphql') },
  'use /recordings': { beyond: 429, send: link('recordings', '.wav') },
  'get /recordings/:file': { beyond: 429, send: link('recordings', '.wav') },
  'use /exports': { beyond: 429, send: link('exports', '.ndjson.gz') },
  'get /exports/:file': { beyond: 429, send: link('exports', '.ndjson.gz') },
  // The body's limit alone; what reads it checks its signature before a look-up.
  'use /ultravox': { beyond: null, send: news(() => '/ultravox/webhooks') },
  'post /ultravox/webhooks': { beyond: null, send: news(() => '/ultravox/webhooks') },
  'post /ultravox/webhooks/:callId': { beyond: null, send: news(() => `/ultravox/webhooks/${madeUp()}`) },
  'upgrade /ultravox/data': {
    beyond: null,
    send: socket(
      () => `/ultravox/data/${madeUp()}`,
      unsigned('x-ultravox-signature', 'x-ultravox-signature'),
    ),
  },
  // Orchestrators ask, and must always be answered; those who ask meanwhile share one look at the engines.
  'get /health/live': { beyond: null, send: http('/health/live') },
  'get /health/ready': { beyond: null, send: http('/health/ready') },
  // Hidden from strangers.
  'get /metrics': { beyond: null, send: http('/metrics') },
  // Files of the build.
  'get /graphql': { beyond: null, send: http('/graphql', { headers: { accept: 'text/html' } }) },
  'get /reset-password': { beyond: null, send: http('/reset-password') },
  'get /accept-invitation': { beyond: null, send: http('/accept-invitation') },
  'get /verify-email': { beyond: null, send: http('/verify-email') },
  'get /sign-up': { beyond: null, send: http('/sign-up') },
  'get /playground/assets/:file': { beyond: null, send: http('/playground/assets/x.js') },
  'get /favicon.ico': { beyond: null, send: http('/favicon.ico') },
};

/** The routes of a running server, as its routers hold them. */
function routesOf({ app }: TestServer): string[] {
  const { router } = (app as NestExpressApplication).getHttpAdapter().getInstance();
  const layers = router.stack as unknown as readonly Layer[];
  const namesOf = ({ rawPath, route, handle }: Layer): string[] =>
    handle.stack?.flatMap(namesOf) ??
    [rawPath]
      .flat()
      .flatMap(path => Object.keys(route?.methods ?? { use: true }).map(method => `${method} ${path}`));
  const upgrades = app.get(UpgradeRouter).prefixes.map(prefix => `upgrade ${prefix}`);
  // What stands on every path serves none by itself.
  return [...new Set([...layers.flatMap(namesOf), ...upgrades])].filter(name => name !== 'use /');
}

describe('Each route of the running server', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer({ env: { TRUSTED_PROXIES: '1', REQUESTS_PER_MINUTE: String(LIMIT) } });
  });
  afterAll(() => server.stop());

  it('has a row that says how it ends beyond the limit of strangers', () => {
    expect(routesOf(server).sort()).toEqual(Object.keys(ROUTES).sort());
  });

  it.each(Object.entries(ROUTES).map((row, index) => [...row, index] as const))(
    'asks nothing of the database for strangers beyond their limit: %s',
    async (_name, { beyond, send }, index) => {
      const headers = { 'x-forwarded-for': `203.0.113.${index}` };
      if (beyond !== null) for (let sent = 0; sent < LIMIT; sent += 1) await send(server, headers);
      const ends: number[] = [];
      const asked = await collectionsAsked(server, async () => {
        for (let sent = 0; sent < BEYOND; sent += 1) ends.push(await send(server, headers));
      });
      expect(asked.filter(collection => !OWN_WORK.test(collection))).toEqual([]);
      if (beyond !== null) expect(ends).toEqual(ends.map(() => beyond));
    },
  );
});
