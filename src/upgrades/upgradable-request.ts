import { IncomingMessage } from 'node:http';

/**
 * A request of a server that upgrades to WebSocket alone. Node asks `upgrade` whether the connection changes its protocol;
 * a request that asks for another one, such as `h2c`, is served as if it had not asked (RFC 9110, section 7.8).
 * Node's parser drops what comes in the same packet behind such a request; a client that has its answer may send the next.
 */
export class UpgradableRequest extends IncomingMessage {
  // Only declared: the constructor of IncomingMessage assigns `upgrade` before fields would be set.
  declare private asksForUpgrade: boolean;

  get upgrade(): boolean {
    return this.asksForUpgrade && (this.method === 'CONNECT' || asksForWebSocket(this));
  }

  /** The parser says whether the request asks for an upgrade at all, before it sets method and headers. */
  set upgrade(asks: boolean) {
    this.asksForUpgrade = asks;
  }
}

/** Whether a request is a WebSocket handshake: a GET whose `Upgrade` names it, alone or among others. */
function asksForWebSocket({ method, headers }: IncomingMessage): boolean {
  const protocols = (headers.upgrade ?? '').split(',').map(protocol => protocol.trim().toLowerCase());
  return method === 'GET' && protocols.includes('websocket');
}
