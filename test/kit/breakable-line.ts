import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { Transform } from 'node:stream';

/** A way to a server that a test can cut: a client on it meets what a network that goes away does to it. */
export class BreakableLine {
  private readonly sockets = new Set<Socket>();
  private isStalled = false;
  private delayMs = 0;

  private constructor(private readonly server: Server) {}

  /** Opens a way to an address such as `http://127.0.0.1:3000`. */
  static async to(url: string): Promise<BreakableLine> {
    const { hostname, port } = new URL(url);
    const server = createServer(near => {
      const far = connect(Number(port), hostname);
      for (const socket of [near, far]) {
        line.sockets.add(socket);
        socket.on('error', () => undefined);
        socket.on('close', () => line.sockets.delete(socket));
      }
      if (line.isStalled) line.pause([near, far]);
      const late = new Transform({
        transform: (chunk, _encoding, pass) => {
          if (line.delayMs === 0) pass(null, chunk);
          else setTimeout(pass, line.delayMs, null, chunk);
        },
      });
      near.pipe(far).pipe(late).pipe(near);
    });
    const line = new BreakableLine(server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return line;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** Resets all connections at once; new ones may be made. Returns how many there were. */
  cut(): number {
    const cut = this.sockets.size / 2;
    for (const socket of this.sockets) socket.resetAndDestroy();
    return cut;
  }

  /** Lets nothing through any more, while connections stay open and new ones are taken: as a server that is stopped. */
  stall(): void {
    this.isStalled = true;
    this.pause(this.sockets);
  }

  /** Has each answer of the server come so late from now on; 0: at once. */
  slow(milliseconds: number): void {
    this.delayMs = milliseconds;
  }

  /** Lets everything through again, first what was held back. */
  resume(): void {
    this.isStalled = false;
    for (const socket of this.sockets) socket.uncork();
  }

  private pause(sockets: Iterable<Socket>): void {
    for (const socket of sockets) socket.cork();
  }

  async close(): Promise<void> {
    this.server.close();
    this.cut();
    await once(this.server, 'close');
  }
}
