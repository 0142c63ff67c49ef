import { createSocket, type Socket } from 'node:dgram';
import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

const TYPES: Readonly<Record<number, 4 | 6>> = { 1: 4, 28: 6 };

/** A name server of the test's own on loopback. What it does not know does not exist. */
export class DnsServer {
  /** The addresses of a name at each question of one type; the last entry holds from then on. */
  private readonly names = new Map<string, readonly (readonly string[])[]>();
  private readonly asked = new Map<string, number>();

  private constructor(private readonly socket: Socket) {}

  static async start(): Promise<DnsServer> {
    const socket = createSocket('udp4');
    const server = new DnsServer(socket);
    socket.on('message', (question, { port, address }) =>
      socket.send(server.answer(question), port, address),
    );
    await new Promise<void>(resolve => socket.bind(0, '127.0.0.1', resolve));
    return server;
  }

  get address(): string {
    return `127.0.0.1:${this.socket.address().port}`;
  }

  /** Says where a name leads: each list is one answer, in the order in which they are given. */
  set(name: string, ...answers: readonly (readonly string[])[]): void {
    this.names.set(name, answers);
    for (const family of [4, 6]) this.asked.delete(`${name} ${family}`);
  }

  stop(): Promise<void> {
    return new Promise(resolve => {
      this.socket.close(() => {
        resolve();
      });
    });
  }

  private answer(question: Buffer): Buffer {
    const labels: string[] = [];
    let at = 12;
    for (let length = question[at] ?? 0; length > 0; length = question[at] ?? 0) {
      labels.push(question.toString('latin1', at + 1, at + 1 + length));
      at += length + 1;
    }
    const end = at + 5;
    const family = TYPES[question.readUInt16BE(at + 1)] ?? 0;
    const addresses = this.next(labels.join('.').toLowerCase(), family);
    const header = Buffer.from(question.subarray(0, 12));
    header.writeUInt16BE(addresses === null ? 0x8183 : 0x8180, 2);
    const records = (addresses ?? []).filter(address => isIP(address) === family).map(recordOf);
    header.writeUInt16BE(records.length, 6);
    header.fill(0, 8);
    return Buffer.concat([header, question.subarray(12, end), ...records]);
  }

  private next(name: string, family: number): readonly string[] | null {
    const answers = this.names.get(name);
    if (!answers) return null;
    const key = `${name} ${family}`;
    const count = this.asked.get(key) ?? 0;
    this.asked.set(key, count + 1);
    return answers[Math.min(count, answers.length - 1)] ?? [];
  }
}

/** An answer about the name in the question, good for no time at all. */
function recordOf(address: string): Buffer {
  const bytes = Buffer.from(ipaddr.parse(address).toByteArray());
  const head = Buffer.alloc(12);
  head.writeUInt16BE(0xc00c, 0);
  head.writeUInt16BE(bytes.length === 4 ? 1 : 28, 2);
  head.writeUInt16BE(1, 4);
  head.writeUInt16BE(bytes.length, 10);
  return Buffer.concat([head, bytes]);
}
