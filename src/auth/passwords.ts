import { Injectable } from '@nestjs/common';
import { Algorithm, hash, verify } from '@node-rs/argon2';
import { badInput, DomainError } from '../errors/domain-error.js';
import { CommonPasswords, comparable } from './common-passwords.js';

/** OWASP's parameters for argon2id: 19 MiB, two passes, one lane. */
const PARAMETERS = { algorithm: 2 as Algorithm, memoryCost: 19_456, timeCost: 2, parallelism: 1 };

/** Hashing runs on libuv's four threads; more at once would only starve everything else that uses them. */
const AT_ONCE = 2;
/** Beyond, whoever comes is sent away at once: he would wait for longer than he is willing to. */
const MOST_WAITING = 100;

/**
 * Hashes and checks passwords. Both take some 12 ms of one core, off the event loop, a few at a time. Passwords are
 * compared in Unicode's form NFKC, since nobody sees which form a keyboard gives.
 */
@Injectable()
export class Passwords {
  private active = 0;
  private readonly waiting: (() => void)[] = [];
  private readonly dummy = hash('a password that nobody has', PARAMETERS);

  constructor(private readonly common: CommonPasswords) {}

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
  hash(password: string): Promise<string> {
    return this.inTurn(() => hash(password.normalize('NFKC'), PARAMETERS));
  }

  /**
   * Whether the password is right. Without a hash it takes just as long, so that timing tells nothing.
   * @throws DomainError RATE_LIMITED when too many passwords wait for their turn.
   */
  async verify(passwordHash: string | null, password: string): Promise<boolean> {
    const against = passwordHash ?? (await this.dummy);
    const isRight = await this.inTurn(() => verify(against, password.normalize('NFKC')));
    return isRight && passwordHash !== null;
  }

  /** Whether a hash was made with less than what is asked for now, and is to be made anew when its password is known. */
  isOutdated(passwordHash: string): boolean {
    const [, memory, time] = /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=\d+\$/.exec(passwordHash) ?? [];
    return !(Number(memory) >= PARAMETERS.memoryCost && Number(time) >= PARAMETERS.timeCost);
  }

  private async inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (this.waiting.length >= MOST_WAITING) throw tooManyAtOnce();
    if (this.active >= AT_ONCE) await new Promise<void>(resolve => this.waiting.push(resolve));
    else this.active += 1;
    try {
      return await work();
    } finally {
      const next = this.waiting.shift();
      if (next) next();
      else this.active -= 1;
    }
  }
}

function tooManyAtOnce(): DomainError {
  const message = 'Too many passwords are being checked right now: try again in a moment.';
  return new DomainError('RATE_LIMITED', message, { retryAfterSeconds: 2 });
}
