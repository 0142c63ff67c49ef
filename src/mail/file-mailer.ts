import { randomUUID } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Logger } from '@nestjs/common';
import { createTransport } from 'nodemailer';
import { type Mail, Mailer } from './mailer.js';
import { type Envelope, messageOf } from './message.js';

/** Writes mails into a folder, as files that a mail program opens: what stands in for a mail server in development. */
export class FileMailer extends Mailer {
  private readonly logger = new Logger('Mail');
  private readonly transport = createTransport(
    { streamTransport: true, buffer: true },
    { disableFileAccess: true, disableUrlAccess: true },
  );

  constructor(
    private readonly folder: string,
    private readonly envelope: Envelope,
  ) {
    super();
  }

  async send(mail: Mail): Promise<void> {
    const { message } = await this.transport.sendMail(messageOf(mail, this.envelope));
    const time = new Date().toISOString().replaceAll(/[:.]/g, '-');
    const path = join(this.folder, `${time}-${randomUUID().slice(0, 8)}.eml`);
    await mkdir(this.folder, { recursive: true, mode: 0o700 });
    // It may hold a token that opens an account.
    await writeFile(path, message, { mode: 0o600, flag: 'wx' });
    this.logger.log(`A mail was written to ${path}: set SMTP_URL to send mails`);
  }
}
