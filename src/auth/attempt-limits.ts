import { createHmac } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import type { Connection } from 'mongoose';
import { derivedKeys } from '../config/master-keys.js';
import { SETTINGS, type Settings } from '../config/settings.js';
import type { StoreKey } from '../ids/tenant-key.js';
import { mailboxOf } from '../mail/mailbox.js';
import { MONGO_CONNECTION } from '../mongo/mongo.tokens.js';
import { RateCounter } from '../redis/rate-counter.js';
import { RedisClients } from '../redis/redis-clients.js';
import { addressKey, redisKey } from '../redis/redis-keys.js';
import { addressGroup } from '../tenancy/address-group.js';
import { TenantContext } from '../tenancy/tenant-context.js';

const QUARTER_HOUR = 15 * 60;
const HOUR = 60 * 60;
const DAY = 24 * HOUR;

/** How often something may be tried in a window that begins with the first try. */
interface Limit {
  readonly windowSeconds: number;
  /** For one account of a tenant, from wherever it comes. */
  readonly perAccount?: number;
  /** From one address, for whatever account. */
  readonly perAddress?: number;
  /** For one tenant, whatever it is about. */
  readonly perTenant?: number;
  /** For one mailbox of a tenant, however its address is spelt. */
  readonly perTenantMailbox?: number;
  /** For one mailbox, however its address is spelt, whichever tenant it comes from. */
  readonly perMailbox?: number;
  /** How many of a tenant's own to one mailbox go out although others have used up what is for all tenants together. */
  readonly tenantShare?: number;
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
    /** Requests for one account; what is beyond is left out without a word. */
    'password-reset-mail': { windowSeconds: HOUR, perTenantMailbox: 5 },
    /** Mails that are sent to accounts; counted when there is one, so that strangers cannot use up what is not theirs. */
    'password-reset-delivery': { windowSeconds: DAY, perTenantMailbox: 20, perMailbox: 20, tenantShare: 1 },
    'invitation-mail': {
      windowSeconds: DAY,
      perTenant: settings.INVITATIONS_PER_DAY,
      perTenantMailbox: 5,
      perMailbox: 10,
      tenantShare: 1,
    },
    /** Mails to addresses that nobody has verified yet. No tenant has a share: each of them is a stranger's. */
    'verification-mail': { windowSeconds: DAY, perMailbox: 10 },
    /** Tokens that lead nowhere. Many people behind one address may each hold one that has expired. */
    'refresh-token': { windowSeconds: QUARTER_HOUR, perAddress: 300 },
    'reset-token': { windowSeconds: QUARTER_HOUR, perAddress: 100 },
    'invitation-token': { windowSeconds: QUARTER_HOUR, perAddress: 100 },
    'verification-token': { windowSeconds: QUARTER_HOUR, perAddress: 100 },
  }) as const satisfies Record<string, Limit>;

/** A key that a try counts under. */
interface CountedKey {
  readonly key: StoreKey;
  readonly limit: number;
  /** As long as there are no more under this key, what is for all tenants together does not hold. */
  readonly share?: number;
  /** Whether it counts for all tenants together. */
  readonly isOfAll?: boolean;
}

/** What is counted, each by itself: who is stopped at one of them is not stopped at another. */
export type AttemptKind = keyof ReturnType<typeof limits>;

/** Bounds guessing. Each try counts, also where a request has several under aliases. */
@Injectable()
export class AttemptLimits {
  private readonly limits: Readonly<Record<AttemptKind, Limit>>;
  private readonly hashKey: Buffer;
  private readonly counters: ReadonlyMap<number, RateCounter>;

  constructor(
    redis: RedisClients,
    private readonly context: TenantContext,
    @Inject(MONGO_CONNECTION) private readonly connection: Connection,
    @Inject(SETTINGS) settings: Settings,
  ) {
    this.limits = limits(settings);
    [this.hashKey] = derivedKeys(settings, 'attempts');
    this.counters = new Map(
      [QUARTER_HOUR, HOUR, DAY].map(seconds => [seconds, new RateCounter(redis.commands, seconds)]),
    );
  }

  /**
   * Counts a try before it is looked at, so that tries sent at the same time count too. One that is refused here was none.
   * @param account whose account is tried or to which address a mail goes, where the kind has a limit for that.
   * @throws DomainError RATE_LIMITED with the seconds to wait, for known and unknown accounts alike.
   */
  async take(kind: AttemptKind, account?: string): Promise<void> {
    const counter = this.counterOf(kind);
    const taken: StoreKey[] = [];
    try {
      let hasShare = false;
      for (const { key, limit, share = 0, isOfAll } of this.keysOf(kind, account)) {
        taken.push(key);
        const count = await counter.take(key, isOfAll && hasShare ? Infinity : limit);
        hasShare ||= count <= share;
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

  /** Redis holds no e-mail address and no address of the network, only hashes by a key. */
  private keysOf(kind: AttemptKind, account?: string): CountedKey[] {
    const { perAccount, perAddress, perTenant, perTenantMailbox, perMailbox, tenantShare }: Limit =
      this.limits[kind];
    const { ip } = this.context.scope.origin;
    const keys: CountedKey[] = [];
    const ofAll = (hash: string) => addressKey(this.connection.name, kind, hash);
    if (perAddress !== undefined && ip !== null)
      keys.push({ key: ofAll(this.hashOf(addressGroup(ip))), limit: perAddress });
    const ofTenant = (...rest: string[]) => redisKey(this.context.tenant.id, 'attempts', kind, ...rest);
    if (perAccount !== undefined && account !== undefined)
      keys.push({ key: ofTenant(this.hashOf(account)), limit: perAccount });
    if (perTenant !== undefined) keys.push({ key: ofTenant(), limit: perTenant });
    if (account === undefined) return keys;
    const mailbox = this.hashOf(mailboxOf(account));
    if (perTenantMailbox !== undefined)
      keys.push({
        key: ofTenant('mailbox', mailbox),
        limit: perTenantMailbox,
        ...(tenantShare === undefined ? {} : { share: tenantShare }),
      });
    if (perMailbox !== undefined) keys.push({ key: ofAll(mailbox), limit: perMailbox, isOfAll: true });
    return keys;
  }

  private hashOf(text: string): string {
    return createHmac('sha256', this.hashKey).update(text).digest('base64url');
  }
}
