import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { Injectable } from '@nestjs/common';

/** Takes over a connection that asked to become a WebSocket. */
export type UpgradeHandler = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;

/**
 * Leads WebSocket upgrades to what serves their path; on other paths they get 404. Requests that ask for another protocol,
 * such as `h2c`, never come here: see UpgradableRequest.
 */
@Injectable()
export class UpgradeRouter {
  private readonly routes: { readonly prefix: string; readonly handler: UpgradeHandler }[] = [];

  /** What is served, in the order in which it is asked. */
  get prefixes(): string[] {
    return this.routes.map(({ prefix }) => prefix);
  }

  /** Serves every path that is `prefix` or below it. */
  route(prefix: string, handler: UpgradeHandler): void {
    this.routes.push({ prefix, handler });
  }

  /** Takes the upgrades of a server. */
  attach(server: Server): void {
    server.on('upgrade', (request, socket, head) => {
      // A list may name other protocols too; ws reads the header to the letter.
      request.headers.upgrade = 'websocket';
      const path = request.url?.split('?')[0] ?? '';
      const route = this.routes.find(({ prefix }) => path === prefix || path.startsWith(`${prefix}/`));
      // Node has taken its own listener off by now; a line that breaks while a handler waits must not end the process.
      socket.on('error', () => socket.destroy());
      if (route) route.handler(request, socket, head);
      else refuseUpgrade(socket, 404, 'Not Found');
    });
  }
}

/**
 * Answers an upgrade with a plain HTTP status and closes.
 * @param challenge what a 401 asks for, as WWW-Authenticate.
 */
export function refuseUpgrade(socket: Duplex, status: number, reason: string, challenge?: string): void {
  const authenticate = challenge === undefined ? '' : `WWW-Authenticate: ${challenge}\r\n`;
  socket.end(`HTTP/1.1 ${status} ${reason}\r\n${authenticate}Connection: close\r\nContent-Length: 0\r\n\r\n`);
}
