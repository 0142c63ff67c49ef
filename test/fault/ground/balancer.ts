import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

const LOOK_EVERY_MS = 250;

/**
 * What stands in front of servers in production: asks each whether it is ready, gives new connections to those that are,
 * in turn, and tries the next where one does not take it. While none is ready any that listens will do.
 */
export class Balancer {
  private readonly ready = new Set<number>();
  private readonly sockets = new Set<Socket>();
  private turn = 0;
  private isClosing = false;

  private constructor(
    private readonly server: Server,
    private readonly ports: readonly number[],
  ) {}

  /** Starts it before servers on these ports. */
  static async before(ports: readonly number[], port = 0): Promise<Balancer> {
    const server = createServer(near => {
      balancer.forward(near, balancer.inTurn());
    });
    const balancer = new Balancer(server, ports);
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    for (const each of ports) void balancer.watch(each);
    return balancer;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  close(): void {
    this.isClosing = true;
    this.server.close();
    for (const socket of this.sockets) socket.destroy();
  }

  private async watch(port: number): Promise<void> {
    while (!this.isClosing) {
      const isReady = await fetch(`http://127.0.0.1:${port}/health/ready`, {
        signal: AbortSignal.timeout(3000),
        headers: { connection: 'close' },
      }).then(
        response => response.ok,
        () => false,
      );
      if (isReady) this.ready.add(port);
      else this.ready.delete(port);
      await sleep(LOOK_EVERY_MS);
    }
  }

  private inTurn(): number[] {
    this.turn += 1;
    const rotated = this.ports.map((_, index) => this.ports[(index + this.turn) % this.ports.length] ?? 0);
    return [
      ...rotated.filter(port => this.ready.has(port)),
      ...rotated.filter(port => !this.ready.has(port)),
    ];
  }

  private forward(near: Socket, [port, ...others]: readonly number[]): void {
    this.sockets.add(near);
    near.once('close', () => this.sockets.delete(near));
    if (port === undefined) {
      near.on('error', () => undefined);
      near.resetAndDestroy();
      return;
    }
    const far = connect(port, '127.0.0.1');
    const refused = () => {
      near.removeAllListeners();
      this.forward(near, others);
    };
    near.on('error', () => far.destroy());
    far.once('error', refused);
    far.once('connect', () => {
      far.off('error', refused);
      for (const [socket, other] of [
        [near, far],
        [far, near],
      ] as const) {
        socket.setNoDelay(true);
        socket.on('error', () => other.resetAndDestroy());
        // What was said last still arrives, the reason of a close above all.
        socket.on('close', () => other.end());
      }
      near.pipe(far).pipe(near);
    });
  }
}
