import { once } from 'node:events';
import type { Socket } from 'node:net';
import WebSocket from 'ws';
import type { Loose } from './client.js';
import { Stream } from './stream.js';

/**
 * One WebSocket of graphql-transport-ws without a client library, for tests that need the line itself: to cut it, or
 * to stop reading from it. It never comes back by itself.
 */
export class LiveSocket {
  readonly stream = new Stream<Loose>();
  private readonly socket: WebSocket;

  constructor(url: string, accessToken: string, query: string, variables: Record<string, unknown> = {}) {
    this.socket = new WebSocket(`${url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
    const send = (message: object) => {
      this.socket.send(JSON.stringify(message));
    };
    this.socket.on('open', () => {
      send({ type: 'connection_init', payload: { authorization: `Bearer ${accessToken}` } });
    });
    this.socket.on('message', (data: Buffer) => {
      const { type, payload } = JSON.parse(data.toString()) as { type: string; payload?: Loose };
      if (type === 'connection_ack') send({ id: '1', type: 'subscribe', payload: { query, variables } });
      if (type === 'next') this.stream.push(payload);
      if (type === 'error') this.stream.fail(payload);
      if (type === 'complete') this.stream.complete();
    });
    this.socket.on('error', () => undefined);
    this.socket.on('close', (code, reason) => {
      this.stream.closed({ code, reason: String(reason) });
    });
  }

  /** Destroys the line, as a network does that goes away. */
  async cut(): Promise<void> {
    this.socket.terminate();
    if (this.socket.readyState !== WebSocket.CLOSED) await once(this.socket, 'close');
  }

  /** Stops reading, so that what comes piles up on the way. */
  pause(): void {
    this.line.pause();
  }

  resume(): void {
    this.line.resume();
  }

  private get line(): Socket {
    return (this.socket as unknown as { _socket: Socket })._socket;
  }
}
