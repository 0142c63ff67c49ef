import { fileURLToPath } from 'node:url';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import express from 'express';
import { AppModule } from './app.module.js';
import type { Settings } from './config/settings.js';
import { jsonBody, MAX_BODY_BYTES } from './entry/http/json-body.js';
import { takeNotes } from './entry/http/http-request.js';
import { requestLog } from './entry/http/request-log.js';
import { Readiness } from './entry/health/readiness.js';
import { ScopeMiddleware } from './entry/http/scope.middleware.js';
import { playground } from './entry/playground/playground.js';
import { GraphqlSockets } from './entry/sockets/graphql-sockets.js';
import { EventStreams } from './entry/sse/event-streams.js';
import { MONGO_CONNECTION } from './mongo/mongo.tokens.js';
import { ensureIndexes } from './mongo/indexes.js';
import { createLog, LOG, NestLog } from './telemetry/logger.js';
import { UpgradeRouter } from './upgrades/upgrade-router.js';

/** A server that takes requests. */
export interface RunningServer {
  readonly app: NestExpressApplication;
  /** Stops taking requests, asks sockets to come back elsewhere, finishes what is in hand, and closes the stores. */
  stop(): Promise<void>;
}

/** Starts the server on engines that are there. @throws when it cannot reach them or the port is taken. */
export async function startServer(settings: Settings): Promise<RunningServer> {
  const app = await NestFactory.create<NestExpressApplication>(AppModule.with(settings), {
    bodyParser: false,
    logger: new NestLog(createLog(settings.LOG_LEVEL)),
    abortOnError: false,
  });
  await ensureIndexes(app.get(MONGO_CONNECTION));

  app.disable('x-powered-by');
  app.disable('etag');
  app.set('trust proxy', settings.TRUSTED_PROXIES);
  app.enableCors({
    origin: settings.ALLOWED_ORIGINS,
    credentials: true,
    exposedHeaders: ['X-Request-Id', 'Retry-After'],
    maxAge: 600,
  });
  const scopes = app.get(ScopeMiddleware);
  app.use(takeNotes);
  app.use(playground({ demo: settings.demo, assetsDir: playgroundAssets() }));
  app.use('/ultravox', express.raw({ type: () => true, limit: MAX_BODY_BYTES }));
  // Limits come before bodies: what is refused anyway is not read.
  const streams = app.get(EventStreams);
  app.use('/graphql/stream', requestLog(app.get(LOG)), streams.admit, jsonBody, streams.serve);
  app.use('/graphql', requestLog(app.get(LOG)), scopes.use.bind(scopes), jsonBody);
  await app.init();

  const sockets = app.get(GraphqlSockets);
  const httpServer = app.getHttpServer();
  sockets.open();
  app.get(UpgradeRouter).attach(httpServer);
  await app.listen(settings.PORT, settings.HOST);
  return {
    app,
    async stop() {
      app.get(Readiness).beginDraining();
      await Promise.all([sockets.drain(), streams.drain()]);
      await app.close();
    },
  };
}

/** Where the build has put the playground's files: beside the compiled server, also when it runs from its sources. */
function playgroundAssets(): string {
  return fileURLToPath(new URL('../dist/playground', import.meta.url));
}
