import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { Algorithm } from '@node-rs/argon2';
import { badInput } from '../errors/domain-error.js';
import { Metrics } from '../telemetry/metrics.js';
import { CommonPasswords, comparable } from './common-passwords.js';
import { PasswordThreads } from './password-threads.js';

/** OWASP's parameters for argon2id: 19 MiB, two passes, one lane. */
const PARAMETERS = { algorithm: 2 as Algorithm, memoryCost: 19_456, timeCost: 2, parallelism: 1 };

/**
 * Hashes and checks passwords. Both take some 12 ms of one core, in threads of their own. Passwords are compared in Unicode's
 * form NFKC, since nobody sees which form a keyboard gives.
 */
@Injectable()
export class Passwords {
  private readonly dummy = hashOfNoPassword();

  constructor(
    private readonly common: CommonPasswords,
    private readonly threads: PasswordThreads,
    private readonly metrics: Metrics,
  ) {}

  /**
   * Hashes a password that somebody has chosen.
   * @param path where it stands in the input.
   * @param known what everybody knows of him, such as his address.
   * @throws DomainError BAD_USER_INPUT for one that is guessed first, RATE_LIMITED as {@link Passwords.hash}.
   */
  async hashNew(password: string, path: string, known: readonly string[]): Promise<string> {
    if (this.common.has(password)) throw badInput({ [path]: 'is one that everybody tries first' });
    const names = known.flatMap(name => [name, name.split('@')[0] ?? '']);
    if (names.some(name => comparable(name) === comparable(password)))
      throw badInput({ [path]: 'must not be the name or the address' });
    return this.hash(password);
  }

  /** @throws DomainError RATE_LIMITED when too many passwords wait for their turn. */
  async hash(password: string): Promise<string> {
    const made = await this.threads.run('hash', {
      password: password.normalize('NFKC'),
      parameters: PARAMETERS,
    });
    this.count('hash', made);
    return made;
  }

  /**
   * Whether the password is right. Without a hash it takes just as long, so that timing tells nothing.
   * @throws DomainError RATE_LIMITED when too many passwords wait for their turn.
   */
  async verify(passwordHash: string | null, password: string): Promise<boolean> {
    const against = passwordHash ?? this.dummy;
    const isRight = await this.threads.run('verify', { password: password.normalize('NFKC'), against });
    this.count('verify', against);
    return isRight && passwordHash !== null;
  }

  /** Whether a hash was made with less than what is asked for now, and is to be made anew when its password is known. */
  isOutdated(passwordHash: string): boolean {
    const [, memory, time] = /^argon2id m=(\d+),t=(\d+),p=\d+$/.exec(parametersOf(passwordHash)) ?? [];
    return !(Number(memory) >= PARAMETERS.memoryCost && Number(time) >= PARAMETERS.timeCost);
  }

  private count(work: 'hash' | 'verify', passwordHash: string): void {
    this.metrics.passwordChecks.inc({ work, parameters: parametersOf(passwordHash) });
  }
}

/** What a hash was made with, such as `argon2id m=19456,t=2,p=1`. */
function parametersOf(passwordHash: string): string {
  const [, algorithm = '', cost = ''] = /^\$(\w+)\$v=19\$(m=\d+,t=\d+,p=\d+)\$/.exec(passwordHash) ?? [];
  return `${algorithm} ${cost}`.trim() || 'unknown';
}

/** Takes as long to check as any other hash, and belongs to no password: its bytes are random. */
function hashOfNoPassword(): string {
  const { memoryCost, timeCost, parallelism } = PARAMETERS;
  const [salt, digest] = [16, 32].map(length => randomBytes(length).toString('base64').replaceAll('=', ''));
  return `$argon2id$v=19$m=${memoryCost},t=${timeCost},p=${parallelism}$${salt}$${digest}`;
}
