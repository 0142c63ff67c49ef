import type { Redis } from 'ioredis';
import type { RateLimiterRedis } from 'rate-limiter-flexible';
import type { StoreKey } from '../ids/tenant-key.js';
import { DomainError } from '../errors/domain-error.js';
import { windowLimiter } from './window-limiter.js';

/** How often a process tells the others what it has given out. */
const TELL_MS = 100;
/** Keys that are known at a time; what is forgotten is asked for again. */
const MOST_KEYS = 50_000;

/** What somebody wants of one budget. */
export interface Share {
  readonly key: StoreKey;
  /** How much there is in a window. */
  readonly limit: number;
  readonly points: number;
}

/** What is left of a budget, and when it is whole again. */
export interface BudgetLeft {
  readonly remaining: number;
  readonly resetSeconds: number;
}

interface Account {
  /** Given out by all processes, as far as they have told each other. */
  told: number;
  /** Given out by this process: on its way to the others, and still to be told. */
  sending: number;
  pending: number;
  /** By `performance.now()`. */
  endsAt: number;
  /** The first telling, which has to be waited for: until then nothing is known. */
  opening: Promise<void> | null;
}

/**
 * Budgets per key in windows that begin with the key's first use, shared by all processes through Redis. A process
 * decides by what it knows and tells the others ten times a second, so that no request waits for Redis: several
 * processes together may give out too much by what arrives in that time. While Redis is away each process counts for
 * itself, from nothing.
 */
export class WindowBudget {
  private readonly limiter: RateLimiterRedis;
  private readonly accounts = new Map<StoreKey, Account>();
  private readonly untold = new Map<StoreKey, Account>();
  private timer: NodeJS.Timeout | null = null;

  constructor(redis: Redis, windowSeconds: number) {
    this.limiter = windowLimiter(redis, windowSeconds);
  }

  /**
   * Takes all shares, or none where one would go beyond its limit. What is refused does not count.
   * @returns what is left of each.
   * @throws DomainError RATE_LIMITED with the seconds to wait.
   */
  async take(...shares: readonly Share[]): Promise<BudgetLeft[]> {
    const accounts = shares.map(({ key }) => this.accountOf(key));
    for (const { opening } of accounts) if (opening) await opening;
    const left = shares.map(({ limit, points }, index) => leftOf(accounts[index], limit - points));
    const short = left.filter(({ remaining }) => remaining < 0).map(({ resetSeconds }) => resetSeconds);
    if (short.length > 0)
      throw new DomainError('RATE_LIMITED', undefined, { retryAfterSeconds: Math.max(...short) });
    shares.forEach(({ key, points }, index) => this.spend(key, accounts[index], points));
    return left;
  }

  /** Counts shares that have been used already, also beyond their limits: what is taken next finds less. */
  charge(...shares: readonly Share[]): void {
    for (const { key, points } of shares) {
      const account = this.accountOf(key);
      account.opening?.catch(() => undefined);
      this.spend(key, account, points);
    }
  }

  /** Gives back what was taken of a share in the present window. */
  giveBack({ key, points }: Pick<Share, 'key' | 'points'>): void {
    this.spend(key, this.accounts.get(key), -points);
  }

  private spend(key: StoreKey, account: Account | undefined, points: number): void {
    if (!account) return;
    account.pending += points;
    this.untold.set(key, account);
    this.timer ??= setTimeout(() => {
      this.tellAll();
    }, TELL_MS).unref();
  }

  private accountOf(key: StoreKey): Account {
    const known = this.accounts.get(key);
    if (known && (known.opening || known.endsAt > performance.now())) return known;
    const account: Account = { told: 0, sending: 0, pending: 0, endsAt: 0, opening: null };
    account.opening = this.tell(key, account).finally(() => (account.opening = null));
    this.accounts.delete(key);
    this.accounts.set(key, account);
    const [oldest] = this.accounts.keys();
    if (this.accounts.size > MOST_KEYS && oldest !== undefined) this.accounts.delete(oldest);
    return account;
  }

  private tellAll(): void {
    this.timer = null;
    for (const [key, account] of this.untold) {
      // What belongs to a window that is over is of interest to nobody.
      if (account.endsAt > performance.now()) this.tell(key, account).catch(() => undefined);
    }
    this.untold.clear();
  }

  private async tell(key: StoreKey, account: Account): Promise<void> {
    const points = account.pending;
    account.pending = 0;
    account.sending += points;
    const { consumedPoints, msBeforeNext } = await this.limiter.consume(key, points);
    account.sending -= points;
    account.told = consumedPoints;
    account.endsAt = performance.now() + msBeforeNext;
  }
}

function leftOf(account: Account | undefined, limit: number): BudgetLeft {
  const { told = 0, sending = 0, pending = 0, endsAt = 0 } = account ?? {};
  return {
    remaining: limit - told - sending - pending,
    resetSeconds: Math.max(1, Math.ceil((endsAt - performance.now()) / 1000)),
  };
}
