import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { Injectable } from '@nestjs/common';

/** Takes over a connection that asked to become a WebSocket. */
export type UpgradeHandler = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;

/** Leads WebSocket upgrades to whoever serves their path; all others get 404. */
@Injectable()
export class UpgradeRouter {
  private readonly routes: { readonly prefix: string; readonly handler: UpgradeHandler }[] = [];

  /** Serves every path that is `prefix` or below it. */
  route(prefix: string, handler: UpgradeHandler): void {
    this.routes.push({ prefix, handler });
  }

  attach(server: Server): void {
    server.on('upgrade', (request, socket, head) => {
      const path = request.url?.split('?')[0] ?? '';
      const route = this.routes.find(({ prefix }) => path === prefix || path.startsWith(`${prefix}/`));
      // Node has taken its own listener off by now; a line that breaks while a handler waits must not end the process.
      socket.on('error', () => socket.destroy());
      if (route) route.handler(request, socket, head);
      else refuseUpgrade(socket, 404, 'Not Found');
    });
  }
}

/** Answers an upgrade with a plain HTTP status and closes. */
export function refuseUpgrade(socket: Duplex, status: number, reason: string): void {
  socket.end(`HTTP/1.1 ${status} ${reason}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}
