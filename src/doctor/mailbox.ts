import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { NotWorkingError } from './findings.js';

const PATIENCE_MS = 20_000;

/** The folder that a server without a mail server writes its mails to. */
export class Mailbox {
  constructor(private readonly folder: string) {}

  /** The token of the link to a page in a mail to an address, once there is one. @throws when none comes in time. */
  async tokenFor(address: string, page: string): Promise<string> {
    for (const deadline = Date.now() + PATIENCE_MS; Date.now() < deadline; await sleep(100)) {
      for (const name of await readdir(this.folder).catch(() => [])) {
        const mail = (await readFile(join(this.folder, name), 'utf8').catch(() => ''))
          .replace(/=\r?\n/g, '')
          .replaceAll('=3D', '=');
        const [, token] = mail.includes(address)
          ? (new RegExp(`${page}#token=([\\w-]+)`).exec(mail) ?? [])
          : [];
        if (token !== undefined) return token;
      }
    }
    throw new NotWorkingError(`No mail to ${address} came`);
  }
}
