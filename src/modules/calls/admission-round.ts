import { Injectable } from '@nestjs/common';
import { Doorbell } from '../../events/doorbell.js';
import { JobRunner } from '../../jobs/job-runner.js';
import { Jobs } from '../../jobs/jobs.js';
import { isDuplicateKey } from '../../mongo/duplicate-key.js';
import { StoreClock } from '../../mongo/store-clock.js';
import { type ObjectId, parseObjectId } from '../../mongo/object-id.js';
import { UnitOfWork } from '../../mongo/unit-of-work.js';
import { TenantDirectory } from '../../tenancy/tenant-directory.js';
import { TenantRunner } from '../../tenancy/tenant-runner.js';
import { jobScope } from '../../tenancy/tenant-scope.js';
import type { TenantDocument } from '../../tenancy/tenant.schema.js';
import { CreationRate } from '../ultravox/creation-rate.js';
import { CallQuota, callsWithin } from './call-quota.js';
import { deal, inTurn, type Line, type Turns, turnsAfter, turnsOf } from './fair-turns.js';
import { PlaceKeeper } from './place-keeper.js';
import { Places, type Seating } from './places.js';
import { ProviderCapacity } from './provider-capacity.js';
import { ProviderLoads } from './provider-loads.js';

/** Seats given in one round. */
const MOST_AT_ONCE = 50;
/** How often a round is held while calls wait and nothing is heard that could change anything: bells may get lost. */
const LOOK_AGAIN_MS = 2000;

/**
 * Seats the calls that wait for one account of the provider: as many as the account and its rate of creation allow, of
 * each tenant no more than its own limit, in turn between the tenants, and of each the one that has waited longest.
 * One process at a time holds the round of an account. Should two do it all the same, seats keep them apart: each has a
 * number within the tenant's limit, and no two calls can have the same.
 */
@Injectable()
export class AdmissionRound {
  constructor(
    private readonly places: Places,
    private readonly loads: ProviderLoads,
    private readonly capacity: ProviderCapacity,
    private readonly keeper: PlaceKeeper,
    private readonly quota: CallQuota,
    private readonly rate: CreationRate,
    private readonly tenants: TenantDirectory,
    private readonly scopes: TenantRunner,
    private readonly jobs: Jobs,
    private readonly runner: JobRunner,
    private readonly work: UnitOfWork,
    private readonly doorbell: Doorbell,
    private readonly clock: StoreClock,
  ) {
    runner.handle('admission', accountId => this.hold(accountId));
  }

  /** Holds a round. Returns when to hold the next one; null when nobody waits. */
  private async hold(accountId: ObjectId): Promise<Date | null> {
    const waiting = await this.places.tenantsWaiting(accountId);
    if (waiting.length === 0) return null;
    const load = await this.loads.read(accountId);
    if (load.pausedUntil && load.pausedUntil > this.clock.now()) return load.pausedUntil;
    const room = Math.min(MOST_AT_ONCE, await this.capacity.roomAt(load));
    const turns = turnsOf(
      load.turns,
      waiting.map(id => id.toHexString()),
    );
    const lines = room > 0 ? await this.lines(accountId, turns, room) : [];
    const dealt = deal(lines, room);
    const { seatings, waitMs } = await this.paced(
      accountId,
      dealt.map(({ call }) => call),
    );
    const isDone = await this.admit(seatings);
    const after = isDone
      ? turnsAfter(
          turns,
          seatings.map(({ tenantId }) => tenantId.toHexString()),
        )
      : turns;
    if (!isSame(after, load.turns)) await this.loads.keepTurns(accountId, after);
    if (!isDone || seatings.length === MOST_AT_ONCE) return this.clock.now();
    if (waitMs > 0) return this.clock.in(waitMs);
    await this.keeper.reclaim(accountId);
    if (room === 0 && this.capacity.isStale(load)) await this.keeper.askAgain(accountId, waiting);
    return this.clock.in(LOOK_AGAIN_MS);
  }

  /** The calls that their tenants' limits let go, next tenant first. */
  private async lines(accountId: ObjectId, turns: Turns, room: number): Promise<Line<Seating>[]> {
    const ids = inTurn(turns).map(hex => parseObjectId(hex) as ObjectId);
    const [tenants, seats] = await Promise.all([this.tenants.findByIds(ids), this.places.seatsOf(ids)]);
    const lines: Line<Seating>[] = [];
    for (const id of ids) {
      if (lines.length === MOST_AT_ONCE) break;
      const tenant = tenants.get(id.toHexString());
      if (!tenant) {
        await this.places.removeAllOf(id);
        continue;
      }
      const free = await this.freeSeats(tenant, seats.get(id.toHexString()) ?? new Set(), accountId, room);
      if (free.length === 0) continue;
      const heads = await this.places.heads(accountId, id, free.length);
      const calls = heads.map((callId, index) => ({ callId, tenantId: id, seat: free[index] ?? 0 }));
      lines.push({ tenant: id.toHexString(), calls });
    }
    return lines;
  }

  private async freeSeats(
    { _id, isActive, limits }: TenantDocument,
    taken: ReadonlySet<number>,
    accountId: ObjectId,
    room: number,
  ): Promise<number[]> {
    if (!isActive) return [];
    const within = limits.monthlyCallMinutes === null ? Infinity : await this.callsWithinQuota(_id);
    // What waits for nothing ends by its own job.
    if (within <= 0) await this.wake(await this.places.heads(accountId, _id, MOST_AT_ONCE));
    return freeNumbers(taken, Math.min(room, limits.maxConcurrentCalls - taken.size, within));
  }

  private async callsWithinQuota(tenantId: ObjectId): Promise<number> {
    const remaining = () => this.quota.remainingSeconds();
    return callsWithin(await this.scopes.run(jobScope(tenantId, 'admission'), remaining));
  }

  /** The seatings that the account's rate of creation allows now, and how long the others must wait. */
  private async paced(accountId: ObjectId, wanted: readonly Seating[]) {
    const seatings: Seating[] = [];
    for (const seating of wanted) {
      const waitMs = await this.rate.take(accountId.toHexString());
      if (waitMs > 0) return { seatings, waitMs };
      seatings.push(seating);
    }
    return { seatings, waitMs: 0 };
  }

  /** Seats the calls and makes their jobs due, all or none. False when somebody else has just given a seat away. */
  private async admit(seatings: readonly Seating[]): Promise<boolean> {
    if (seatings.length === 0) return true;
    const ids = seatings.map(({ callId }) => callId);
    try {
      await this.work.run(async () => {
        await this.places.seat(seatings);
        await this.jobs.wakeAll(ids);
      });
    } catch (error) {
      if (isDuplicateKey(error)) return false;
      throw error;
    }
    for (const id of ids) void this.runner.runNow(id);
    const served = new Map(seatings.map(({ tenantId }) => [tenantId.toHexString(), tenantId]));
    for (const tenantId of served.values()) this.doorbell.ring(tenantId, 'queue', {});
    return true;
  }

  private async wake(callIds: readonly ObjectId[]): Promise<void> {
    await this.jobs.wakeAll(callIds);
    for (const id of callIds) void this.runner.runNow(id);
  }
}

/** The lowest `count` numbers from 1 on that are not taken; none for a count below 1. */
function freeNumbers(taken: ReadonlySet<number>, count: number): number[] {
  const free: number[] = [];
  for (let number = 1; free.length < count; number += 1) if (!taken.has(number)) free.push(number);
  return free;
}

const isSame = (one: Turns, other: Turns): boolean => JSON.stringify(one) === JSON.stringify(other);
