import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** How a server's clock stands in its answers: a date called `localTime`. */
const FIELD = Buffer.from('\u0009localTime\u0000');

/**
 * A way to a real mongod on which its clock seems to be another one: the time that its answers tell is shifted, and
 * nothing else is changed.
 */
export class ShiftedLine {
  /** Milliseconds that the clock is ahead by. */
  shiftMs = 0;
  private readonly sockets = new Set<Socket>();

  private constructor(private readonly server: Server) {}

  /** @param uri the address of a mongod. */
  static async to(uri: string): Promise<ShiftedLine> {
    const { hostname, port } = new URL(uri);
    const server = createServer(near => {
      const far = connect(Number(port), hostname);
      for (const socket of [near, far]) {
        line.sockets.add(socket);
        socket.on('error', () => undefined);
        socket.on('close', () => {
          line.sockets.delete(socket);
          near.destroy();
          far.destroy();
        });
      }
      near.pipe(far);
      far.on('data', (chunk: Buffer) => near.write(line.shifted(chunk)));
    });
    const line = new ShiftedLine(server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return line;
  }

  /** The address of a database over this line. */
  uriFor(uri: string): string {
    const url = new URL(uri);
    url.host = `127.0.0.1:${(this.server.address() as AddressInfo).port}`;
    url.search = '?directConnection=true';
    return url.href;
  }

  async close(): Promise<void> {
    this.server.close();
    for (const socket of this.sockets) socket.destroy();
    await once(this.server, 'close');
  }

  private shifted(chunk: Buffer): Buffer {
    for (let at = chunk.indexOf(FIELD); at >= 0; at = chunk.indexOf(FIELD, at + 1)) {
      const value = at + FIELD.length;
      if (value + 8 > chunk.length) continue;
      chunk.writeBigInt64LE(chunk.readBigInt64LE(value) + BigInt(this.shiftMs), value);
    }
    return chunk;
  }
}
