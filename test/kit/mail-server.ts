import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { SMTPServer } from 'smtp-server';

/** A mail as it arrived. */
export interface ReceivedMail {
  readonly from: string;
  readonly to: readonly string[];
  readonly source: string;
  /** The text as its reader sees it. */
  readonly text: string;
}

/** A real mail server on loopback, which keeps what it gets. */
export class MailServer {
  readonly mails: ReceivedMail[] = [];
  /** How many mails are still refused for now. */
  refusals = 0;

  private constructor(private readonly server: SMTPServer) {}

  static async start(): Promise<MailServer> {
    const smtp = new SMTPServer({
      authOptional: true,
      disabledCommands: ['STARTTLS'],
      onData: (stream, session, done) => {
        const chunks: Buffer[] = [];
        stream.on('data', (chunk: Buffer) => chunks.push(chunk));
        stream.on('end', () => {
          if (mailServer.refusals > 0) {
            mailServer.refusals -= 1;
            done(Object.assign(new Error('Try again later'), { responseCode: 451 }));
            return;
          }
          const source = Buffer.concat(chunks).toString();
          mailServer.mails.push({
            from: session.envelope.mailFrom ? session.envelope.mailFrom.address : '',
            to: session.envelope.rcptTo.map(({ address }) => address),
            source,
            text: textOf(source),
          });
          done();
        });
      },
    });
    const mailServer = new MailServer(smtp);
    smtp.listen(0, '127.0.0.1');
    await once(smtp.server, 'listening');
    return mailServer;
  }

  get url(): string {
    return `smtp://127.0.0.1:${(this.server.server.address() as AddressInfo).port}`;
  }

  /** Waits for a mail to somebody that speaks of `word`, or for so many of them, and returns the last one. */
  async mailTo(address: string, word: string, count = 1): Promise<ReceivedMail> {
    const deadline = Date.now() + 60_000;
    for (;;) {
      const found = this.mails.filter(({ to, text }) => to.includes(address) && text.includes(word));
      const last = found.at(-1);
      if (last && found.length >= count) return last;
      if (Date.now() > deadline) throw new Error(`${found.length} mails have come to ${address}`);
      await new Promise(resolve => setTimeout(resolve, 20));
    }
  }

  stop(): Promise<void> {
    return new Promise(resolve => {
      this.server.close(resolve);
    });
  }
}

/** The body of a message of one part, out of the two encodings that texts are sent in. */
export function textOf(source: string): string {
  const end = source.indexOf('\r\n\r\n');
  const [head, body] = [source.slice(0, end), source.slice(end + 4)];
  if (!/quoted-printable/i.test(head)) return body;
  const bytes = body
    .replaceAll('=\r\n', '')
    .replace(/=([0-9A-F]{2})/g, (_match, hex: string) => String.fromCharCode(parseInt(hex, 16)));
  return Buffer.from(bytes, 'latin1').toString();
}
