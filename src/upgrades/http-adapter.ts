import { createServer } from 'node:http';
import { ExpressAdapter } from '@nestjs/platform-express';
import { UpgradableRequest } from './upgradable-request.js';

/** Nest's adapter for Express, on an HTTP server that upgrades to WebSocket alone: see {@link UpgradableRequest}. */
export class HttpAdapter extends ExpressAdapter {
  override initHttpServer(): void {
    this.httpServer = createServer({ IncomingMessage: UpgradableRequest }, this.getInstance());
  }
}
