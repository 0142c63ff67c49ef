import { createHash } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import type { Connection } from 'mongoose';
import { SETTINGS, type Settings } from '../config/settings.js';
import { MONGO_CONNECTION } from '../mongo/mongo.tokens.js';
import { RateCounter } from '../redis/rate-counter.js';
import { RedisClients } from '../redis/redis-clients.js';
import { addressKey, redisKey } from '../redis/redis-keys.js';
import { addressGroup } from '../tenancy/address-group.js';
import { TenantContext } from '../tenancy/tenant-context.js';

const QUARTER_HOUR = 15 * 60;
const HOUR = 60 * 60;

/** How often something may be tried in a window that begins with the first try. */
interface Limit {
  readonly windowSeconds: number;
  /** For one account of a tenant, from wherever it comes. */
  readonly perAccount?: number;
  /** From one address, for whatever account. */
  readonly perAddress?: number;
}

const limits = (settings: Settings) =>
  ({
    /** Wrong passwords at log-ins. */
    'log-in': {
      windowSeconds: QUARTER_HOUR,
      perAccount: settings.WRONG_PASSWORDS_PER_ACCOUNT,
      perAddress: settings.WRONG_PASSWORDS_PER_ADDRESS,
    },
    'sign-up': { windowSeconds: HOUR, perAddress: settings.SIGN_UPS_PER_HOUR },
    /** Wrong current passwords of somebody who is signed in. */
    'password-change': { windowSeconds: QUARTER_HOUR, perAccount: settings.WRONG_PASSWORDS_PER_ACCOUNT },
    'password-reset-request': { windowSeconds: HOUR, perAddress: 60 },
    /** Mails to one account; what is beyond is left out without a word. */
    'password-reset-mail': { windowSeconds: HOUR, perAccount: 5 },
    /** Tokens that lead nowhere. Many people behind one address may each hold one that has expired. */
    'refresh-token': { windowSeconds: QUARTER_HOUR, perAddress: 300 },
    'reset-token': { windowSeconds: QUARTER_HOUR, perAddress: 100 },
    'invitation-token': { windowSeconds: QUARTER_HOUR, perAddress: 100 },
    /** Rows of the audit log about tokens that somebody has made up. */
    'forged-token-record': { windowSeconds: QUARTER_HOUR, perAddress: 10 },
  }) as const satisfies Record<string, Limit>;

/** What is counted, each by itself: who is stopped at one of them is not stopped at another. */
export type AttemptKind = keyof ReturnType<typeof limits>;

/** Bounds guessing. Each try counts, also where a request has several under aliases. */
@Injectable()
export class AttemptLimits {
  private readonly limits: Readonly<Record<AttemptKind, Limit>>;
  private readonly counters: ReadonlyMap<number, RateCounter>;

  constructor(
    redis: RedisClients,
    private readonly context: TenantContext,
    @Inject(MONGO_CONNECTION) private readonly connection: Connection,
    @Inject(SETTINGS) settings: Settings,
  ) {
    this.limits = limits(settings);
    this.counters = new Map(
      [QUARTER_HOUR, HOUR].map(seconds => [seconds, new RateCounter(redis.commands, seconds)]),
    );
  }

  /**
   * Counts a try before it is looked at, so that tries sent at the same time count too. One that is refused here was none.
   * @param account whose account is tried, where the kind has a limit per account.
   * @throws DomainError RATE_LIMITED with the seconds to wait, for known and unknown accounts alike.
   */
  async take(kind: AttemptKind, account?: string): Promise<void> {
    const counter = this.counterOf(kind);
    const taken: string[] = [];
    try {
      for (const { key, limit } of this.keysOf(kind, account)) {
        taken.push(key);
        await counter.take(key, limit);
      }
    } catch (error) {
      for (const key of taken) await counter.giveBack(key);
      throw error;
    }
  }

  /** Takes a try back that was right. */
  async giveBack(kind: AttemptKind, account?: string): Promise<void> {
    for (const { key } of this.keysOf(kind, account)) await this.counterOf(kind).giveBack(key);
  }

  private counterOf(kind: AttemptKind): RateCounter {
    const counter = this.counters.get(this.limits[kind].windowSeconds);
    if (!counter) throw new Error(`No counter has the window of ${kind}`);
    return counter;
  }

  /** Redis holds no e-mail address, only its hash. */
  private keysOf(kind: AttemptKind, account?: string): { key: string; limit: number }[] {
    const { perAccount, perAddress } = this.limits[kind];
    const { ip } = this.context.scope.origin;
    const keys: { key: string; limit: number }[] = [];
    if (perAddress !== undefined && ip !== null)
      keys.push({ key: addressKey(this.connection.name, kind, addressGroup(ip)), limit: perAddress });
    if (perAccount !== undefined && account !== undefined) {
      const hash = createHash('sha256').update(account).digest('base64url');
      keys.push({ key: redisKey(this.context.tenant.id, 'attempts', kind, hash), limit: perAccount });
    }
    return keys;
  }
}
