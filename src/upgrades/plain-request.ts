import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';

/** Headers that belong to the upgrade alone. */
const OF_THE_UPGRADE = new Set(['upgrade', 'http2-settings']);

/**
 * Serves a request that asked for an upgrade as one that did not. Node has taken its parser off the connection by then:
 * what was read is put back in front, without the upgrade, and the server takes the connection as a new one.
 * @param head what has been read of the connection behind the request's headers, such as its body.
 */
export function asPlainRequest(server: Server, request: IncomingMessage, socket: Duplex, head: Buffer): void {
  if (head.length > 0) socket.unshift(head);
  // Node reads header bytes as Latin-1, so that they are the same bytes again.
  socket.unshift(Buffer.from(headOf(request), 'latin1'));
  server.emit('connection', socket);
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
