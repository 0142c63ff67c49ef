import type { IncomingMessage } from 'node:http';
import { fileURLToPath } from 'node:url';
import type {
  CorsOptions,
  CorsOptionsCallback,
} from '@nestjs/common/interfaces/external/cors-options.interface.js';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import express, { type Express, type Request } from 'express';
import { AppModule } from './app.module.js';
import { checkStores } from './check-stores.js';
import type { Settings } from './config/settings.js';
import { defaultHeaders } from './entry/http/default-headers.js';
import { DocumentMiddleware } from './entry/http/document.middleware.js';
import { jsonBody, MAX_BODY_BYTES } from './entry/http/json-body.js';
import { LinkLimits } from './entry/http/link-limits.js';
import { takeNotes } from './entry/http/http-request.js';
import { preflight } from './entry/http/preflight.js';
import { requestLog } from './entry/http/request-log.js';
import { securityHeaders } from './entry/http/security-headers.js';
import { boundConnections } from './entry/http/slow-clients.js';
import { boundSlowReaders } from './entry/http/slow-readers.js';
import { serveUntilQuiet } from './entry/http/hand-over.js';
import { Readiness } from './entry/health/readiness.js';
import { ScopeMiddleware } from './entry/http/scope.middleware.js';
import { playground } from './entry/playground/playground.js';
import { GraphqlSockets } from './entry/sockets/graphql-sockets.js';
import { EventStreams } from './entry/sse/event-streams.js';
import { JobRunner } from './jobs/job-runner.js';
import { MigrationRunner } from './migrations/migration-runner.js';
import { RestoreCheck } from './modules/restores/restore-check.js';
import { clientIp } from './tenancy/client-ip.js';
import { createLog, LOG, NestLog } from './telemetry/logger.js';
import { Metrics } from './telemetry/metrics.js';
import { HttpAdapter } from './upgrades/http-adapter.js';
import { UpgradeRouter } from './upgrades/upgrade-router.js';

/** A server that takes requests. */
export interface RunningServer {
  readonly app: NestExpressApplication;
  /**
   * Says that it is about to stop, and goes on serving until clients have noticed: balancers look elsewhere meanwhile, and
   * clients close their connections with the next answer. See {@link serveUntilQuiet}.
   */
  handOver(): Promise<void>;
  /** Stops taking requests, asks sockets to come back elsewhere, finishes what is in hand, and closes the stores. */
  stop(): Promise<void>;
}

/** Starts the server on engines that are there. @throws when it cannot reach them or the port is taken. */
export async function startServer(settings: Settings): Promise<RunningServer> {
  const app = await NestFactory.create<NestExpressApplication>(AppModule.with(settings), new HttpAdapter(), {
    bodyParser: false,
    logger: new NestLog(createLog(settings.LOG_LEVEL, settings.logFile)),
    abortOnError: false,
  });
  try {
    await checkStores(app);
  } catch (error) {
    await app.close().catch(() => undefined);
    throw error;
  }

  app.disable('x-powered-by');
  app.disable('etag');
  app.set('trust proxy', settings.TRUSTED_PROXIES);
  useClientIp(app.getHttpAdapter().getInstance(), settings.TRUSTED_PROXIES);
  app.enableCors(({ headers }: IncomingMessage, callback: CorsOptionsCallback) => {
    callback(null, corsOptions(settings.ALLOWED_ORIGINS, headers.origin));
  });
  const scopes = app.get(ScopeMiddleware);
  const documents = app.get(DocumentMiddleware, { strict: false });
  app.use(takeNotes, defaultHeaders, securityHeaders(settings.PUBLIC_URL.startsWith('https:')));
  app.use(
    playground({
      demo: settings.demo,
      assetsDir: playgroundAssets(),
      hasMailPages: settings.APP_URL === undefined,
    }),
  );
  app.use('/ultravox', express.raw({ type: () => true, limit: MAX_BODY_BYTES }));
  app.use(['/recordings', '/exports'], app.get(LinkLimits).use);
  // Limits come before bodies: what is refused anyway is not read.
  const streams = app.get(EventStreams);
  const bodies = jsonBody(app.get(Metrics));
  app.use('/graphql/stream', requestLog(app.get(LOG)), streams.admit, bodies, streams.serve);
  const ask = preflight(app.get(Metrics));
  app.use('/graphql', requestLog(app.get(LOG)), scopes.use.bind(scopes), bodies, ask, documents.use);
  // Before anything is written: what is written could hide that the database was set back.
  await app.get(RestoreCheck).run();
  await app.init();
  await app.get(MigrationRunner).applyAll();
  app.get(JobRunner).begin();

  const sockets = app.get(GraphqlSockets);
  const httpServer = app.getHttpServer();
  sockets.open();
  boundConnections(httpServer, settings.KEEP_ALIVE_TIMEOUT);
  boundSlowReaders(httpServer);
  app.get(UpgradeRouter).attach(httpServer);
  await app.listen(settings.PORT, settings.HOST);
  return {
    app,
    async handOver() {
      app.get(Readiness).beginDraining();
      // Not earlier: those who come back at once must not be led here again.
      await serveUntilQuiet(httpServer, async () => {
        await Promise.all([sockets.drain(), streams.drain()]);
      });
    },
    async stop() {
      app.get(Readiness).beginDraining();
      await Promise.all([sockets.drain(), streams.drain()]);
      await app.close();
    },
  };
}

/** Listed origins may read answers that were asked for with cookies; all others nothing. */
const corsOptions = (listed: string[], origin: string | undefined): CorsOptions => ({
  origin: listed,
  credentials: origin !== undefined && listed.includes(origin),
  exposedHeaders: ['X-Request-Id', 'Retry-After'],
  maxAge: 600,
});

/** Gives Express's `request.ip` the one meaning that an address has for all doors: Express keeps ports in it. */
function useClientIp({ request }: Express, trustedProxies: number): void {
  Object.defineProperty(request, 'ip', {
    configurable: true,
    get(this: Request) {
      return clientIp(this, trustedProxies) ?? undefined;
    },
  });
}

/** Where the build has put the playground's files: beside the compiled server, also when it runs from its sources. */
function playgroundAssets(): string {
  return fileURLToPath(new URL('../dist/playground', import.meta.url));
}
