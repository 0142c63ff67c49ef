import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Logger } from '@nestjs/common';
import { createTransport } from 'nodemailer';
import type { ObjectId } from '../mongo/object-id.js';
import { type Mail, Mailer } from './mailer.js';
import { type Envelope, messageOf } from './message.js';

/**
 * Writes mails into a folder, as files that a mail program opens: what stands in for a mail server in development. Their
 * names tell whose they are: the tenant's id, and a digest of the address.
 */
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
    const name = [
      `${time}-${randomUUID().slice(0, 8)}`,
      mail.tenantId.toHexString(),
      digestOf(mail.to),
      'eml',
    ].join('.');
    const path = join(this.folder, name);
    await mkdir(this.folder, { recursive: true, mode: 0o700 });
    // It may hold a token that opens an account.
    try {
      await writeFile(path, message, { mode: 0o600, flag: 'wx' });
    } catch (error) {
      // A full disk leaves a part of it, and the next try has another name.
      await rm(path, { force: true });
      throw error;
    }
    this.logger.log(`A mail was written to ${path}: set SMTP_URL to send mails`);
  }

  async forget(tenantId: ObjectId, to?: string): Promise<void> {
    const names = await readdir(this.folder).catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
      throw error;
    });
    const parts = [tenantId.toHexString(), ...(to === undefined ? [] : [digestOf(to)])];
    for (const name of names.filter(name => parts.every(part => name.split('.').includes(part))))
      await rm(join(this.folder, name), { force: true });
  }
}

const digestOf = (to: string): string =>
  createHash('sha256').update(to.toLowerCase()).digest('hex').slice(0, 16);
