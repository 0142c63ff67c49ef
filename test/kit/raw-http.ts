import { connect, type Socket } from 'node:net';

/** An answer as it came over the line. */
export interface RawAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** One connection of HTTP/1.1 that sends just what it is told. */
export class RawHttp {
  private unread = Buffer.alloc(0);
  private hasEnded = false;
  private readonly arrived = new Set<() => void>();

  private constructor(private readonly socket: Socket) {
    socket.on('data', chunk => {
      this.unread = Buffer.concat([this.unread, chunk]);
      this.wake();
    });
    const end = () => {
      this.hasEnded = true;
      this.wake();
    };
    socket.on('error', end);
    socket.on('close', end);
  }

  static async to(url: string): Promise<RawHttp> {
    const { hostname, port } = new URL(url);
    const socket = connect(Number(port), hostname);
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('error', reject);
    });
    return new RawHttp(socket);
  }

  /** Whether the server has closed it. */
  get isClosed(): boolean {
    return this.hasEnded;
  }

  send(bytes: string | Uint8Array): void {
    this.socket.write(bytes);
  }

  /** The next answer. @throws when the connection ends before it is whole. */
  async answer(): Promise<RawAnswer> {
    const deadline = Date.now() + 60_000;
    for (;;) {
      const answer = this.take();
      if (answer) return answer;
      if (this.hasEnded || Date.now() > deadline) throw new Error(`No answer: ${this.unread.toString()}`);
      await new Promise<void>(resolve => {
        this.arrived.add(resolve);
        setTimeout(resolve, 200).unref();
      });
    }
  }

  end(): void {
    this.socket.destroy();
  }

  private take(): RawAnswer | null {
    const end = this.unread.indexOf('\r\n\r\n');
    if (end < 0) return null;
    const [first = '', ...lines] = this.unread.subarray(0, end).toString('latin1').split('\r\n');
    const headers = Object.fromEntries(
      lines.map(line => [
        line.slice(0, line.indexOf(':')).toLowerCase(),
        line.slice(line.indexOf(':') + 1).trim(),
      ]),
    );
    const length = Number(headers['content-length'] ?? 0);
    if (this.unread.length < end + 4 + length) return null;
    const body = this.unread.subarray(end + 4, end + 4 + length).toString();
    this.unread = this.unread.subarray(end + 4 + length);
    return { status: Number(first.split(' ')[1]), headers, body };
  }

  private wake(): void {
    for (const resolve of this.arrived) resolve();
    this.arrived.clear();
  }
}

/** The bytes of a request with a body. */
export function rawRequest(
  line: string,
  headers: Readonly<Record<string, string>>,
  body: string | Uint8Array = '',
): Buffer {
  const bytes = Buffer.from(body);
  const length = bytes.length > 0 ? { 'content-length': String(bytes.length) } : {};
  const lines = Object.entries({ host: 'localhost', ...length, ...headers }).map(
    ([name, value]) => `${name}: ${value}`,
  );
  return Buffer.concat([Buffer.from(`${[`${line} HTTP/1.1`, ...lines].join('\r\n')}\r\n\r\n`), bytes]);
}
