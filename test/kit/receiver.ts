import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Loose } from './client.js';

/** Every kind of event that a webhook may ask for. */
export const WEBHOOK_EVENTS = [
  'CALL_STATUS_CHANGED',
  'CALL_UTTERANCE_ADDED',
  'CALL_TRANSCRIPT_SETTLED',
  'CALL_RECORDING_READY',
  'CALL_SUMMARY_READY',
  'CALL_DELETED',
];

/** What a receiver was sent. */
export interface Received {
  readonly at: number;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** As it came, which is what signatures are made over. */
  readonly body: string;
  readonly json: Loose;
}

/** How a receiver answers; it may also keep silent or break off. */
export type Answering = (received: Received, response: ServerResponse, request: IncomingMessage) => void;

/** Answers with a status and nothing else. */
export const status =
  (code: number, headers: Record<string, string> = {}): Answering =>
  (_received, response) => {
    response.writeHead(code, headers).end();
  };

/** A tenant's own server on loopback, to be sent events. */
export class Receiver {
  readonly received: Received[] = [];
  answering: Answering = status(204);
  /** Called for each thing that comes, before it is answered. */
  onReceived: (received: Received) => void = () => undefined;
  /** Requests that have not been answered. */
  pending = 0;
  connections = 0;
  /** The addresses under which it was reached. */
  readonly localAddresses: string[] = [];
  private waiters: (() => void)[] = [];

  private constructor(private readonly server: Server) {}

  static async start(host = '127.0.0.1'): Promise<Receiver> {
    const server = createServer();
    const receiver = new Receiver(server);
    server.on('request', (request, response) => {
      receiver.take(request, response);
    });
    server.on('connection', ({ localAddress = '' }) => {
      receiver.connections += 1;
      receiver.localAddresses.push(localAddress);
    });
    await new Promise<void>(resolve => server.listen(0, host, resolve));
    return receiver;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}/hook`;
  }

  /** Waits until enough has come. @throws after a minute, with what has. */
  async until(isEnough: (received: readonly Received[]) => boolean): Promise<void> {
    const deadline = Date.now() + 60_000;
    while (!isEnough(this.received)) {
      const left = deadline - Date.now();
      if (left <= 0)
        throw new Error(`Only this was received: ${JSON.stringify(this.received.map(({ body }) => body))}`);
      await new Promise<void>(resolve => {
        const late = setTimeout(resolve, left);
        this.waiters.push(() => {
          clearTimeout(late);
          resolve();
        });
      });
    }
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise(resolve => this.server.close(resolve));
  }

  private take(request: IncomingMessage, response: ServerResponse): void {
    this.pending += 1;
    response.once('close', () => (this.pending -= 1));
    let body = '';
    request.setEncoding('utf8');
    request.on('data', (chunk: string) => (body += chunk));
    request.on('end', () => {
      const received: Received = {
        at: Date.now(),
        path: request.url ?? '',
        headers: request.headers as Record<string, string>,
        body,
        json: JSON.parse(body),
      };
      this.received.push(received);
      this.onReceived(received);
      this.answering(received, response, request);
      for (const wake of this.waiters.splice(0)) wake();
    });
  }
}
