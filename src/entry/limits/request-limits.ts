import { Inject, Injectable } from '@nestjs/common';
import type { Connection } from 'mongoose';
import { SETTINGS, type Settings } from '../../config/settings.js';
import type { DomainError } from '../../errors/domain-error.js';
import { MONGO_CONNECTION } from '../../mongo/mongo.tokens.js';
import { RedisClients } from '../../redis/redis-clients.js';
import { addressKey, redisKey } from '../../redis/redis-keys.js';
import { type BudgetLeft, type Share, WindowBudget } from '../../redis/window-budget.js';
import { addressGroup } from '../../tenancy/address-group.js';
import type { TenantScope } from '../../tenancy/tenant-scope.js';
import type { Viewer } from '../../tenancy/viewer.js';
import { LateRefusals } from './late-refusals.js';
import { Pace, type Stride } from './pace.js';

const WINDOW_SECONDS = 60;
/** What one credential may use of its tenant's requests: one that has gone wild leaves its colleagues the rest. */
export const CREDENTIAL_SHARE = 0.8;
/** Cost that goes with each request of the limit: a page of twenty with ten fields each, on average. */
export const COST_PER_REQUEST = 200;
/** Bytes of an answer that a cost of one pays for: a usual field has far fewer. */
export const BYTES_PER_COST = 1000;
/** Requests that are let in at once after a rest, and the cost that goes with them. */
export const BURST_REQUESTS = 40;

/** What is counted, and how much of it one request of the limit is worth. */
type Purpose = 'requests' | 'cost';
const WORTH: Readonly<Record<Purpose, number>> = { requests: 1, cost: COST_PER_REQUEST };

/** What one asks for: of the tenant or address first. */
type Shares = readonly [Share, ...Share[]];

/** Who asks, and what it may send. */
export interface Allowance {
  readonly scope: TenantScope;
  /** The tenant's requests per minute; null where the request has no tenant. */
  readonly requestsPerMinute: number | null;
}

/**
 * Bounds requests per minute and what they cost, over all doors together: a tenant's by the limit that its operator gave
 * it, those of strangers by their address. A stranger who names a tenant counts for himself: he must not use up its limit.
 * What is let in comes evenly: after a first burst nobody gets more in a second than a sixtieth of his minute. What is
 * refused is told late to those who go on asking; a FloodError says to cut their line.
 */
@Injectable()
export class RequestLimits {
  private readonly budget: WindowBudget;
  private readonly pace = new Pace();
  private readonly lateRefusals = new LateRefusals();

  constructor(
    redis: RedisClients,
    @Inject(MONGO_CONNECTION) private readonly connection: Connection,
    @Inject(SETTINGS) private readonly settings: Settings,
  ) {
    this.budget = new WindowBudget(redis.commands, WINDOW_SECONDS);
  }

  /**
   * Counts one request, or one operation of a socket, and resolves when it is its turn.
   * @throws DomainError RATE_LIMITED with the seconds to wait.
   */
  async take(allowance: Allowance): Promise<void> {
    // Whoever would wait too long for what his operation costs need not send it.
    await this.takeEvenly(
      'requests',
      this.sharesOf('requests', allowance, 1),
      this.sharesOf('cost', allowance, 1),
    );
  }

  /** Counts one request of somebody unknown, or not admitted. @throws DomainError RATE_LIMITED. */
  async takeFromAddress(ip: string | null): Promise<void> {
    await this.takeEvenly('requests', [this.shareOfAddress('requests', ip, 1)]);
  }

  /** Takes one request back from an address: its sender has turned out to be known. */
  giveBackToAddress(ip: string | null): void {
    this.budget.giveBack(this.shareOfAddress('requests', ip, 1));
  }

  /**
   * Counts what an operation costs, and resolves when it is its turn.
   * @returns what is left, to the tenant or to the credential, whichever is less.
   * @throws DomainError RATE_LIMITED where no more than less is left.
   */
  async spend(allowance: Allowance, cost: number): Promise<BudgetLeft> {
    const left = await this.takeEvenly('cost', this.sharesOf('cost', allowance, cost));
    return left.reduce((least, one) => (one.remaining < least.remaining ? one : least));
  }

  /**
   * Counts what an answer has, in bytes, beyond what the cost of its operation has paid for. Nothing is refused: what
   * the same tenant, credential or address sends next finds less left, and waits longer.
   */
  chargeAnswer(
    allowance: Allowance,
    { cost, bytes }: { readonly cost: number; readonly bytes: number },
  ): void {
    const points = Math.ceil(bytes / BYTES_PER_COST) - cost;
    if (points <= 0) return;
    const shares = this.sharesOf('cost', allowance, points);
    this.budget.charge(...shares);
    this.pace.charge(...shares.map(share => strideOf('cost', share)));
  }

  /**
   * Refuses what is beyond another limit, late to those who go on asking.
   * @throws the refusal, or FloodError to say that their line is to be cut.
   */
  async refuse(allowance: Allowance, refusal: DomainError): Promise<never> {
    await this.lateRefusals.wait(this.sharesOf('requests', allowance, 1)[0].key);
    throw refusal;
  }

  private async takeEvenly(
    purpose: Purpose,
    shares: Shares,
    costs: readonly Share[] = [],
  ): Promise<BudgetLeft[]> {
    const strides = shares.map(share => strideOf(purpose, share));
    try {
      this.pace.assertSoon(...strides, ...costs.map(share => strideOf('cost', share)));
      const left = await this.budget.take(...shares);
      await this.pace.make(...strides);
      return left;
    } catch (refusal) {
      await this.lateRefusals.wait(shares[0].key);
      throw refusal;
    }
  }

  private sharesOf(
    purpose: Purpose,
    { scope: { tenant, viewer, origin }, requestsPerMinute }: Allowance,
    points: number,
  ): Shares {
    if (!tenant || requestsPerMinute === null || viewer.kind === 'anonymous')
      return [this.shareOfAddress(purpose, origin.ip, points)];
    const limit = requestsPerMinute * WORTH[purpose];
    const credential = credentialOf(viewer);
    return [
      { key: redisKey(tenant.id, purpose), limit, points },
      ...(credential === null
        ? []
        : [
            {
              key: redisKey(tenant.id, purpose, credential),
              limit: Math.ceil(limit * CREDENTIAL_SHARE),
              points,
            },
          ]),
    ];
  }

  private shareOfAddress(purpose: Purpose, ip: string | null, points: number): Share {
    const key = addressKey(this.connection.name, purpose, addressGroup(ip ?? ''));
    return { key, limit: this.settings.REQUESTS_PER_MINUTE * WORTH[purpose], points };
  }
}

const strideOf = (purpose: Purpose, share: Share): Stride => ({
  ...share,
  perSecond: share.limit / WINDOW_SECONDS,
  burst: BURST_REQUESTS * WORTH[purpose],
});

/** What a viewer came in with, as far as it is counted by itself. */
function credentialOf(viewer: Viewer): string | null {
  switch (viewer.kind) {
    case 'user':
      return viewer.sessionId.toHexString();
    case 'key':
      return viewer.keyId.toHexString();
    case 'link':
    case 'system':
    case 'anonymous':
      return null;
  }
}
