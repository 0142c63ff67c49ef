import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import WebSocket from 'ws';
import type { Loose } from './client.js';

/** How long a test waits for what must come; far more than it takes. */
const PATIENCE_MS = 60_000;

/** A WebSocket that does what it is told, also what no client library would do. */
export class RawSocket {
  readonly messages: Loose[] = [];
  private readonly pongs: (() => void)[] = [];
  private readonly arrived = new Set<() => void>();
  private readonly closed: Promise<{ code: number; reason: string }>;

  constructor(private readonly socket: WebSocket) {
    this.closed = new Promise(resolve => {
      socket.once('close', (code, reason) => {
        resolve({ code, reason: String(reason) });
        this.wake();
      });
    });
    socket.on('error', () => undefined);
    socket.on('pong', () => this.pongs.shift()?.());
    socket.on('message', data => {
      this.messages.push(JSON.parse((data as Buffer).toString()));
      this.wake();
    });
  }

  send(message: object): void {
    this.socket.send(JSON.stringify(message));
  }

  sendText(text: string): void {
    this.socket.send(text);
  }

  /** Sends a binary frame. */
  sendBytes(bytes: Uint8Array): void {
    this.socket.send(bytes);
  }

  /** A ping of the line itself, not of the protocol; resolves with its pong, or once the socket is closed. */
  async ping(): Promise<void> {
    const pong = new Promise<void>(resolve => this.pongs.push(resolve));
    this.socket.ping();
    await Promise.race([pong, this.closed]);
  }

  /** How the server closed it. */
  closing(): Promise<{ code: number; reason: string }> {
    return inTime(this.closed, 'The socket was not closed');
  }

  /** The first message that `condition` accepts. */
  async message(condition: (message: Loose) => boolean): Promise<Loose> {
    const deadline = Date.now() + PATIENCE_MS;
    for (;;) {
      const found: unknown = this.messages.find(condition);
      if (found !== undefined) return found;
      if (Date.now() > deadline || this.socket.readyState === WebSocket.CLOSED)
        throw new Error(`The message did not come; so far: ${JSON.stringify(this.messages)}`);
      await new Promise<void>(resolve => {
        this.arrived.add(resolve);
        setTimeout(resolve, 500).unref();
      });
    }
  }

  /** Sends `connection_init` and waits for the server's consent. */
  async init(payload: Record<string, unknown> = {}): Promise<this> {
    this.send({ type: 'connection_init', payload });
    await this.message(({ type }) => type === 'connection_ack');
    return this;
  }

  /** Runs an operation and returns its first result or its errors. */
  async run(id: string, query: string, variables: Record<string, unknown> = {}): Promise<Loose> {
    this.send({ id, type: 'subscribe', payload: { query, variables } });
    const { type, payload } = await this.message(
      message => message.id === id && ['next', 'error'].includes(message.type as string),
    );
    return type === 'next' ? payload : { errors: payload };
  }

  /** Reads nothing any more. */
  pause(): void {
    this.socket.pause();
  }

  end(): void {
    this.socket.terminate();
  }

  private wake(): void {
    for (const resolve of this.arrived) resolve();
    this.arrived.clear();
  }
}

export interface RawSocketOptions {
  readonly protocols?: readonly string[];
  readonly headers?: Readonly<Record<string, string>>;
  readonly path?: string;
}

/** Opens a socket; the status of the refusal when the handshake fails. */
export async function openRawSocket(
  url: string,
  { protocols = ['graphql-transport-ws'], headers = {}, path = '/graphql' }: RawSocketOptions = {},
): Promise<RawSocket | number> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}${path}`, [...protocols], { headers });
  const refused = once(socket, 'unexpected-response').then(([, response]) => {
    const { statusCode } = response as IncomingMessage;
    socket.terminate();
    return statusCode ?? 0;
  });
  refused.catch(() => undefined);
  const opened = new Promise<RawSocket>(resolve => {
    const raw = new RawSocket(socket);
    socket.once('open', () => {
      resolve(raw);
    });
  });
  return inTime(Promise.race([opened, refused]), 'The handshake did not end');
}

/** Opens a socket that must open. */
export async function rawSocket(url: string, options: RawSocketOptions = {}): Promise<RawSocket> {
  const socket = await openRawSocket(url, options);
  if (typeof socket === 'number') throw new Error(`The handshake was refused with ${socket}`);
  return socket;
}

async function inTime<T>(promise: Promise<T>, otherwise: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(new Error(otherwise));
    }, PATIENCE_MS);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
