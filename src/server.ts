import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type {
  CorsOptions,
  CorsOptionsCallback,
} from '@nestjs/common/interfaces/external/cors-options.interface.js';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import express from 'express';
import { AppModule } from './app.module.js';
import type { Settings } from './config/settings.js';
import { DocumentMiddleware } from './entry/http/document.middleware.js';
import { jsonBody, MAX_BODY_BYTES } from './entry/http/json-body.js';
import { takeNotes } from './entry/http/http-request.js';
import { requestLog } from './entry/http/request-log.js';
import { securityHeaders } from './entry/http/security-headers.js';
import { boundSlowClients } from './entry/http/slow-clients.js';
import { Readiness } from './entry/health/readiness.js';
import { ScopeMiddleware } from './entry/http/scope.middleware.js';
import { playground } from './entry/playground/playground.js';
import { GraphqlSockets } from './entry/sockets/graphql-sockets.js';
import { EventStreams } from './entry/sse/event-streams.js';
import { JobRunner } from './jobs/job-runner.js';
import { MigrationRunner } from './migrations/migration-runner.js';
import { MONGO_CONNECTION } from './mongo/mongo.tokens.js';
import { prepareCollections } from './tenancy/prepare-collections.js';
import { createLog, LOG, NestLog } from './telemetry/logger.js';
import { Metrics } from './telemetry/metrics.js';
import { UpgradeRouter } from './upgrades/upgrade-router.js';

/** How long a server that is about to stop goes on serving at least: balancers have to notice. */
const HAND_OVER_MS = 1000;
/** And at most: clients do not use a connection again that has been idle for longer, as Node tells them. */
const LONGEST_HAND_OVER_MS = 6000;

/** A server that takes requests. */
export interface RunningServer {
  readonly app: NestExpressApplication;
  /**
   * Says that it is about to stop, and goes on serving for one to six seconds: balancers look elsewhere meanwhile, and
   * clients close their connections with the next answer. Without it a request could meet a connection that is just
   * being closed.
   */
  handOver(): Promise<void>;
  /** Stops taking requests, asks sockets to come back elsewhere, finishes what is in hand, and closes the stores. */
  stop(): Promise<void>;
}

/** Starts the server on engines that are there. @throws when it cannot reach them or the port is taken. */
export async function startServer(settings: Settings): Promise<RunningServer> {
  const app = await NestFactory.create<NestExpressApplication>(AppModule.with(settings), {
    bodyParser: false,
    logger: new NestLog(createLog(settings.LOG_LEVEL, settings.logFile)),
    abortOnError: false,
  });
  await prepareCollections(app.get(MONGO_CONNECTION));

  app.disable('x-powered-by');
  app.disable('etag');
  app.set('trust proxy', settings.TRUSTED_PROXIES);
  app.enableCors(({ headers }: IncomingMessage, callback: CorsOptionsCallback) => {
    callback(null, corsOptions(settings.ALLOWED_ORIGINS, headers.origin));
  });
  const scopes = app.get(ScopeMiddleware);
  const documents = app.get(DocumentMiddleware, { strict: false });
  app.use(takeNotes, securityHeaders(settings.PUBLIC_URL.startsWith('https:')));
  app.use(playground({ demo: settings.demo, assetsDir: playgroundAssets() }));
  app.use('/ultravox', express.raw({ type: () => true, limit: MAX_BODY_BYTES }));
  // Limits come before bodies: what is refused anyway is not read.
  const streams = app.get(EventStreams);
  const bodies = jsonBody(app.get(Metrics));
  app.use('/graphql/stream', requestLog(app.get(LOG)), streams.admit, bodies, streams.serve);
  app.use('/graphql', requestLog(app.get(LOG)), scopes.use.bind(scopes), bodies, documents.use);
  await app.init();
  await app.get(MigrationRunner).applyAll();
  app.get(JobRunner).begin();

  const sockets = app.get(GraphqlSockets);
  const httpServer = app.getHttpServer();
  sockets.open();
  boundSlowClients(httpServer);
  app.get(UpgradeRouter).attach(httpServer);
  await app.listen(settings.PORT, settings.HOST);
  return {
    app,
    async handOver() {
      app.get(Readiness).beginDraining();
      httpServer.prependListener('request', (_request: unknown, response: ServerResponse) => {
        response.setHeader('Connection', 'close');
      });
      const startedAt = performance.now();
      await sleep(HAND_OVER_MS);
      // Not earlier: those who come back at once must not be led here again.
      await Promise.all([sockets.drain(), streams.drain()]);
      const isInUse = async () =>
        new Promise<boolean>(resolve => {
          httpServer.getConnections((_error: Error | null, count: number) => resolve(count > 0));
        });
      while (performance.now() - startedAt < LONGEST_HAND_OVER_MS && (await isInUse())) await sleep(50);
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

/** Where the build has put the playground's files: beside the compiled server, also when it runs from its sources. */
function playgroundAssets(): string {
  return fileURLToPath(new URL('../dist/playground', import.meta.url));
}
