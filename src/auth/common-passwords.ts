import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { InvalidEnvironmentError } from '../config/invalid-environment.error.js';
import { SETTINGS, type Settings } from '../config/settings.js';

const SHIPPED = fileURLToPath(new URL('./common-passwords.txt', import.meta.url));

/** Passwords that everybody tries first, or that are known to have leaked; nobody may choose one. */
@Injectable()
export class CommonPasswords implements OnModuleInit {
  private passwords: ReadonlySet<string> = new Set();

  constructor(@Inject(SETTINGS) private readonly settings: Settings) {}

  /** Reads the list: one a line, case does not matter, `#` begins a comment. @throws InvalidEnvironmentError. */
  async onModuleInit(): Promise<void> {
    const { COMMON_PASSWORDS_FILE = SHIPPED } = this.settings;
    try {
      const lines = (await readFile(COMMON_PASSWORDS_FILE, 'utf8')).split(/\r?\n/);
      this.passwords = new Set(lines.filter(line => line !== '' && !line.startsWith('#')).map(comparable));
    } catch (error) {
      throw new InvalidEnvironmentError([
        `COMMON_PASSWORDS_FILE cannot be read: ${(error as Error).message}`,
      ]);
    }
  }

  /** Whether the password, in whatever case, is on the list. */
  has(password: string): boolean {
    return this.passwords.has(comparable(password));
  }
}

/** How passwords are compared where case and Unicode form make no difference to whoever guesses. */
export function comparable(password: string): string {
  return password.normalize('NFKC').toLowerCase();
}
