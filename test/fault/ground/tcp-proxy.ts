import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** What happens to what passes by. */
export type LineFault =
  | { readonly kind: 'pass' }
  /** Every connection is reset, new ones too. */
  | { readonly kind: 'reset' }
  /** Nothing passes in either direction, and nobody is told. */
  | { readonly kind: 'blackhole' }
  /** Requests arrive, answers do not. */
  | { readonly kind: 'no-answers' }
  /** Everything arrives later. */
  | { readonly kind: 'delay'; readonly ms: number }
  /** The line is reset once so many bytes of answers have passed; 0: at the first byte, which is swallowed. */
  | { readonly kind: 'cut-answers'; readonly afterBytes: number };

interface Line {
  readonly near: Socket;
  readonly far: Socket;
  answered: number;
}

/**
 * A way over TCP between two processes on which faults can be put at any moment, for the connections that are open and
 * for those to come. What a blackhole has swallowed never arrives, as with a network that is gone: when it is healed,
 * lines that lost something are reset.
 */
export class TcpProxy {
  private fault: LineFault = { kind: 'pass' };
  private readonly lines = new Set<Line>();
  private readonly spoilt = new Set<Line>();

  private constructor(
    private readonly server: Server,
    private readonly target: () => number,
  ) {}

  /** Opens a way to a port of this machine; `target` is asked for each new connection. */
  static async to(target: () => number): Promise<TcpProxy> {
    const server = createServer(near => {
      proxy.open(near);
    });
    const proxy = new TcpProxy(server, target);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return proxy;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** Puts a fault on the way. */
  set(fault: LineFault): void {
    this.fault = fault;
    if (fault.kind === 'reset') this.cut();
  }

  /** Takes the fault away. */
  heal(): void {
    this.fault = { kind: 'pass' };
    for (const line of this.spoilt) reset(line);
    this.spoilt.clear();
  }

  /** Resets all connections once; new ones may be made. */
  cut(): void {
    for (const line of this.lines) reset(line);
  }

  close(): void {
    this.server.close();
    this.cut();
  }

  private open(near: Socket): void {
    if (this.fault.kind === 'reset') {
      near.on('error', () => undefined);
      near.resetAndDestroy();
      return;
    }
    const line: Line = { near, far: connect(this.target(), '127.0.0.1'), answered: 0 };
    this.lines.add(line);
    this.pump(line, near, line.far, false);
    this.pump(line, line.far, near, true);
    for (const socket of [near, line.far]) {
      socket.setNoDelay(true);
      socket.on('error', () => {
        reset(line);
      });
      socket.on('close', () => {
        this.lines.delete(line);
        this.spoilt.delete(line);
        line.near.destroy();
        line.far.destroy();
      });
    }
  }

  private pump(line: Line, from: Socket, to: Socket, isAnswer: boolean): void {
    from.on('data', (chunk: Buffer) => {
      if (!this.passes(line, chunk, isAnswer)) return;
      if (this.fault.kind === 'delay') {
        setTimeout(() => to.write(chunk), this.fault.ms);
      } else if (!to.write(chunk)) {
        from.pause();
        to.once('drain', () => from.resume());
      }
    });
    from.on('end', () => {
      if (this.fault.kind !== 'blackhole') to.end();
    });
  }

  private passes(line: Line, chunk: Buffer, isAnswer: boolean): boolean {
    const { fault } = this;
    switch (fault.kind) {
      case 'pass':
      case 'delay':
        return true;
      case 'reset':
        return false;
      case 'blackhole':
        this.spoilt.add(line);
        return false;
      case 'no-answers':
        if (isAnswer) this.spoilt.add(line);
        return !isAnswer;
      case 'cut-answers':
        if (!isAnswer) return true;
        line.answered += chunk.length;
        if (line.answered > fault.afterBytes) reset(line);
        return line.answered <= fault.afterBytes;
    }
  }
}

function reset({ near, far }: Line): void {
  near.resetAndDestroy();
  far.resetAndDestroy();
}
