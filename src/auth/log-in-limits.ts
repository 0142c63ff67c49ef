import { createHash } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import type { Connection } from 'mongoose';
import { MONGO_CONNECTION } from '../mongo/mongo.tokens.js';
import { RateCounter } from '../redis/rate-counter.js';
import { RedisClients } from '../redis/redis-clients.js';
import { addressKey, redisKey } from '../redis/redis-keys.js';
import { addressGroup } from '../tenancy/address-group.js';
import { TenantContext } from '../tenancy/tenant-context.js';

/** How long wrong passwords are remembered. */
export const LOG_IN_WINDOW_SECONDS = 15 * 60;
/** Wrong passwords for one account in a window, from wherever they come. */
export const WRONG_PASSWORDS_PER_ACCOUNT = 10;
/** Wrong passwords from one address in a window, for whatever accounts. */
export const WRONG_PASSWORDS_PER_ADDRESS = 200;

/** Bounds how many passwords can be tried. Each log-in counts, also where a request has several under aliases. */
@Injectable()
export class LogInLimits {
  private readonly counter: RateCounter;

  constructor(
    redis: RedisClients,
    private readonly context: TenantContext,
    @Inject(MONGO_CONNECTION) private readonly connection: Connection,
  ) {
    this.counter = new RateCounter(redis.commands, LOG_IN_WINDOW_SECONDS);
  }

  /**
   * Counts an attempt before its password is looked at, so that attempts sent at the same time count too.
   * @throws DomainError RATE_LIMITED, for known and unknown accounts alike.
   */
  async take(email: string): Promise<void> {
    const [address, account] = this.keys(email);
    if (address !== null) await this.counter.take(address, WRONG_PASSWORDS_PER_ADDRESS);
    await this.counter.take(account, WRONG_PASSWORDS_PER_ACCOUNT);
  }

  /** Takes the attempt back: the password was right. */
  async giveBack(email: string): Promise<void> {
    for (const key of this.keys(email)) if (key !== null) await this.counter.giveBack(key);
  }

  /** Redis holds no e-mail address, only its hash. */
  private keys(email: string): readonly [address: string | null, account: string] {
    const { tenant, scope } = this.context;
    const account = createHash('sha256').update(email).digest('base64url');
    return [
      scope.origin.ip && addressKey(this.connection.name, 'log-ins', addressGroup(scope.origin.ip)),
      redisKey(tenant.id, 'log-ins', account),
    ];
  }
}
