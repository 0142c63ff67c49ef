import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';

/** Headers that belong to the upgrade alone. */
const OF_THE_UPGRADE = new Set(['upgrade', 'http2-settings']);

/**
 * Serves requests that asked for an upgrade as if they had not. Node has taken its parser off the connection by then:
 * what was read is put back in front, without the upgrade, and the server takes the connection as a new one.
 */
export class PlainRequests {
  /** Answers that are not finished, by their connections. */
  private readonly pending = new WeakMap<Duplex, Set<ServerResponse>>();

  constructor(private readonly server: Server) {
    server.prependListener('request', ({ socket }: IncomingMessage, response: ServerResponse) => {
      const responses = this.pending.get(socket) ?? new Set();
      this.pending.set(socket, responses.add(response));
      response.once('close', () => responses.delete(response));
    });
  }

  /** @param head what has been read of the connection behind the request's headers, such as its body. */
  serve(request: IncomingMessage, socket: Socket, head: Buffer): void {
    const [last] = [...(this.pending.get(socket) ?? [])].slice(-1);
    // The answers to requests before it belong to the old parser, and must be written first.
    if (last) last.once('close', () => this.serveNow(request, socket, head));
    else this.serveNow(request, socket, head);
  }

  private serveNow(request: IncomingMessage, socket: Socket, head: Buffer): void {
    if (socket.destroyed) return;
    // Node has begun to wait for a next request, which is here already.
    socket.setTimeout(this.server.timeout);
    if (head.length > 0) socket.unshift(head);
    // Node reads header bytes as Latin-1, so that they are the same bytes again.
    socket.unshift(Buffer.from(headOf(request), 'latin1'));
    this.server.emit('connection', socket);
  }
}

function headOf({ method, url, httpVersion, rawHeaders }: IncomingMessage): string {
  const lines = [`${method ?? ''} ${url ?? ''} HTTP/${httpVersion}`];
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const [name = '', value = ''] = rawHeaders.slice(index, index + 2);
    const lowerName = name.toLowerCase();
    if (OF_THE_UPGRADE.has(lowerName)) continue;
    const kept = lowerName === 'connection' ? withoutUpgrade(value) : value;
    if (kept !== '') lines.push(`${name}: ${kept}`);
    else if (lowerName !== 'connection') lines.push(`${name}:`);
  }
  return `${lines.join('\r\n')}\r\n\r\n`;
}

const withoutUpgrade = (value: string): string =>
  value
    .split(',')
    .map(option => option.trim())
    .filter(option => option !== '' && !OF_THE_UPGRADE.has(option.toLowerCase()))
    .join(', ');
