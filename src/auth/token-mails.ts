import { Injectable, Logger } from '@nestjs/common';
import { type Mail, Mailer } from '../mail/mailer.js';
import { StoreClock } from '../mongo/store-clock.js';
import type { CredentialDocument } from './credential.schema.js';
import { Credentials } from './credentials.js';

const FIRST_PAUSE_MS = 2000;
const LONGEST_PAUSE_MS = 15 * 60_000;

/**
 * Sends tokens by mail. A token is made for each try and forgotten again when the try fails, so that none is ever
 * stored as it is, not even between two tries.
 */
@Injectable()
export class TokenMails {
  private readonly logger = new Logger('Mail');

  constructor(
    private readonly credentials: Credentials,
    private readonly mailer: Mailer,
    private readonly clock: StoreClock,
  ) {}

  /**
   * Tries once, for a job.
   * @param since when the mail was first to be sent.
   * @returns when to try again; null once it is sent.
   */
  async deliver(
    entry: Omit<CredentialDocument, '_id'>,
    since: Date,
    write: (token: string) => Mail,
  ): Promise<Date | null> {
    const { token, hash } = await this.credentials.issue(entry);
    try {
      await this.mailer.send(write(token));
      return null;
    } catch (error) {
      await this.credentials.forget(hash);
      const pause = Math.max(FIRST_PAUSE_MS, Math.min((Date.now() - since.getTime()) / 2, LONGEST_PAUSE_MS));
      this.logger.warn(
        `A mail could not be sent, next try in ${Math.round(pause / 1000)} s: ${reasonOf(error)}`,
      );
      return this.clock.in(pause);
    }
  }
}

/** What went wrong, without the addresses that servers repeat. */
function reasonOf(error: unknown): string {
  const { code, responseCode } = error as { code?: string; responseCode?: number };
  return [code ?? (error as Error).name, responseCode].filter(part => part !== undefined).join(' ');
}
