import type { OnApplicationShutdown } from '@nestjs/common';
import { createTransport } from 'nodemailer';
import { type Mail, Mailer } from './mailer.js';
import { type Envelope, messageOf } from './message.js';

/** How long a mail server may stay silent. */
const SILENCE_MS = 10_000;

/** Sends mails through the server that SMTP_URL names; what else it needs to know stands in the URL. */
export class SmtpMailer extends Mailer implements OnApplicationShutdown {
  private readonly transport;

  constructor(
    url: string,
    private readonly envelope: Envelope,
  ) {
    super();
    this.transport = createTransport(
      {
        url,
        pool: true,
        maxConnections: 3,
        connectionTimeout: SILENCE_MS,
        greetingTimeout: SILENCE_MS,
        socketTimeout: SILENCE_MS,
      },
      { disableFileAccess: true, disableUrlAccess: true },
    );
  }

  async send(mail: Mail): Promise<void> {
    await this.transport.sendMail(messageOf(mail, this.envelope));
  }

  /** Nothing is kept: what was sent is with the mail server. */
  forget(): Promise<void> {
    return Promise.resolve();
  }

  onApplicationShutdown(): void {
    this.transport.close();
  }
}
