import { join } from 'node:path';
import { Router, type Request, type Response } from 'express';
import type { DemoSignIn } from '../../config/settings.js';
import { type PlaygroundBuild, readPlaygroundBuild } from './playground-build.js';
import { MAIL_PAGES } from '../../mail/tenant-link.js';
import { mailPage, playgroundPage } from './playground-page.js';
import { PLAYGROUND_POLICY } from './playground-policy.js';

/** What {@link playground} needs to know of its surroundings. */
export interface PlaygroundOptions {
  /** The demo tenant's sign-in, filled into the form; null in production. */
  readonly demo: DemoSignIn | null;
  /** Absolute path of the built browser code, the folder that holds its `manifest.json`. */
  readonly assetsDir: string;
  /** Whether links in mails lead to this server, rather than to an app of the operator's. */
  readonly hasMailPages: boolean;
}

const NOT_BUILT = 'The playground was not built. Run `npm run build`; the API works without it.\n';
const NO_SUCH_FILE = 'There is no such file.\n';
const ONE_YEAR = 31_536_000;

/**
 * Serves the playground: the page on GET /graphql for whoever prefers HTML, its files below /playground/assets.
 * Must be mounted before the GraphQL door, and hands on every request that is meant for that one.
 * Answers 503 with a plain sentence where the browser code was not built.
 */
export function playground(options: PlaygroundOptions): Router {
  const router = Router();
  const assets = join(options.assetsDir, 'assets');
  let known: PlaygroundBuild | null = null;
  const build = () => (known ??= readPlaygroundBuild(options.assetsDir));

  router.get('/graphql', (request, response, next) => {
    response.vary('Accept');
    if (!wantsPage(request)) {
      next();
      return;
    }
    sendPage(response, build(), built => playgroundPage(built, { demo: options.demo }));
  });

  if (options.hasMailPages) {
    router.get(
      MAIL_PAGES.map(name => `/${name}`),
      (_request, response) => {
        sendPage(response, build(), mailPage);
      },
    );
  }

  router.get('/playground/assets/:file', (request, response) => {
    const { file } = request.params;
    // Only what the build itself listed is served, so no name can lead anywhere else.
    if (build()?.files.has(file) === true) sendAsset(request, response, assets, file);
    else plain(response, 404, NO_SUCH_FILE);
  });

  router.get('/favicon.ico', (request, response) => {
    const favicon = build()?.favicon;
    if (favicon === undefined) plain(response, 404, NO_SUCH_FILE);
    else sendAsset(request, response, assets, favicon, { 'Cache-Control': 'public, max-age=86400' });
  });

  return router;
}

/**
 * A browser that opens the address names text/html first. GraphQL over HTTP does not, so `?query=` from a client goes
 * on to the API, while a link with `?query=` opened by a person shows the page, which loads that query.
 */
function wantsPage(request: Request): boolean {
  return (
    request.accepts(['application/graphql-response+json', 'application/json', 'text/html']) === 'text/html'
  );
}

function sendPage(
  response: Response,
  built: PlaygroundBuild | null,
  write: (build: PlaygroundBuild) => string,
): void {
  if (built === null) {
    plain(response, 503, NOT_BUILT);
    return;
  }
  response
    .set({
      'Content-Security-Policy': PLAYGROUND_POLICY,
      'Cache-Control': 'no-cache',
      'Cross-Origin-Opener-Policy': 'same-origin',
      'Referrer-Policy': 'no-referrer',
      'X-Content-Type-Options': 'nosniff',
    })
    .type('html')
    .send(write(built));
}

function sendAsset(
  request: Request,
  response: Response,
  root: string,
  file: string,
  headers: Record<string, string> = { 'Cache-Control': `public, max-age=${ONE_YEAR}, immutable` },
): void {
  const packed = request.acceptsEncodings('gzip', 'identity') === 'gzip';
  response.vary('Accept-Encoding').type(file);
  if (packed) response.set('Content-Encoding', 'gzip');
  response.set({
    'X-Content-Type-Options': 'nosniff',
    'Cross-Origin-Resource-Policy': 'same-origin',
    // A worker is bound by the policy of its own response, not by the page's.
    'Content-Security-Policy': "default-src 'none'; style-src 'unsafe-inline'",
    ...headers,
  });
  response.sendFile(packed ? `${file}.gz` : file, { root, cacheControl: false });
}

function plain(response: Response, status: number, text: string): void {
  response.status(status).type('text/plain').set('Cache-Control', 'no-store').send(text);
}
