import { Injectable } from '@nestjs/common';
import { Algorithm, hash, verify } from '@node-rs/argon2';
import { badInput, DomainError } from '../errors/domain-error.js';
import { Metrics } from '../telemetry/metrics.js';
import { CommonPasswords, comparable } from './common-passwords.js';

/** OWASP's parameters for argon2id: 19 MiB, two passes, one lane. */
const PARAMETERS = { algorithm: 2 as Algorithm, memoryCost: 19_456, timeCost: 2, parallelism: 1 };

/** Hashing runs on libuv's four threads; more at once would only starve everything else that uses them. */
export const AT_ONCE = 2;
/** Beyond, whoever comes is sent away at once: he would wait for longer than he is willing to. */
export const MOST_WAITING = 100;

/**
 * Hashes and checks passwords. Both take some 12 ms of one core, off the event loop, a few at a time. Passwords are
 * compared in Unicode's form NFKC, since nobody sees which form a keyboard gives.
 */
@Injectable()
export class Passwords {
  private active = 0;
  private readonly waiting: (() => void)[] = [];
  private readonly dummy = hash('a password that nobody has', PARAMETERS);

  constructor(
    private readonly common: CommonPasswords,
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
    const made = await this.inTurn(() => hash(password.normalize('NFKC'), PARAMETERS));
    this.count('hash', made);
    return made;
  }

  /**
   * Whether the password is right. Without a hash it takes just as long, so that timing tells nothing.
   * @throws DomainError RATE_LIMITED when too many passwords wait for their turn.
   */
  async verify(passwordHash: string | null, password: string): Promise<boolean> {
    const against = passwordHash ?? (await this.dummy);
    const isRight = await this.inTurn(() => verify(against, password.normalize('NFKC')));
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

  private async inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (this.waiting.length >= MOST_WAITING) throw tooManyAtOnce();
    if (this.active >= AT_ONCE) {
      await new Promise<void>(resolve => {
        this.waiting.push(resolve);
        this.tell();
      });
    } else this.active += 1;
    this.tell();
    try {
      return await work();
    } finally {
      const next = this.waiting.shift();
      if (next) next();
      else this.active -= 1;
      this.tell();
    }
  }

  private tell(): void {
    this.metrics.passwordsInWork.set({ state: 'running' }, this.active);
    this.metrics.passwordsInWork.set({ state: 'waiting' }, this.waiting.length);
  }
}

/** What a hash was made with, such as `argon2id m=19456,t=2,p=1`. */
function parametersOf(passwordHash: string): string {
  const [, algorithm = '', cost = ''] = /^\$(\w+)\$v=19\$(m=\d+,t=\d+,p=\d+)\$/.exec(passwordHash) ?? [];
  return `${algorithm} ${cost}`.trim() || 'unknown';
}

function tooManyAtOnce(): DomainError {
  const message = 'Too many passwords are being checked right now: try again in a moment.';
  return new DomainError('RATE_LIMITED', message, { retryAfterSeconds: 2 });
}
