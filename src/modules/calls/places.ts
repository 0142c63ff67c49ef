import { Inject, Injectable } from '@nestjs/common';
import type { Model } from 'mongoose';
import { StoreClock } from '../../mongo/store-clock.js';
import type { ObjectId } from '../../mongo/object-id.js';
import { SystemAccess } from '../../tenancy/system-access.js';
import { type PlaceDocument, PLACES } from './place.schema.js';

/** How long a seat counts without a look at its call. */
const LEASE_MS = 60_000;

/** A seat for a call. */
export interface Seating {
  readonly callId: ObjectId;
  readonly tenantId: ObjectId;
  /** From 1 on. */
  readonly seat: number;
}

const BY_AGE = { since: 1, _id: 1 } as const;
const HELD = { $gt: 0 } as const;

/** The one queue of all tenants' calls, and the seats of those that have left it for the provider. */
@Injectable()
export class Places {
  constructor(
    @Inject(PLACES.token) private readonly model: Model<PlaceDocument>,
    private readonly system: SystemAccess,
    private readonly clock: StoreClock,
  ) {}

  /** Puts a call in the line, in the running transaction where there is one; it stays where it is if it is there. */
  async enter(place: Pick<PlaceDocument, '_id' | 'tenantId' | 'accountId' | 'since'>): Promise<void> {
    const { _id, ...rest } = place;
    const waiting = { ...rest, seat: 0, leasedUntil: rest.since };
    await this.system.run('work.schedule', () =>
      this.model.updateOne({ _id }, { $setOnInsert: waiting }, { upsert: true }).exec(),
    );
  }

  find(callId: ObjectId): Promise<PlaceDocument | null> {
    return this.claim(() => this.model.findOne({ _id: callId }).lean().exec());
  }

  /** Gives up a call's place, in the running transaction where there is one; returns what it was. */
  remove(callId: ObjectId): Promise<PlaceDocument | null> {
    return this.claim(() => this.model.findOneAndDelete({ _id: callId }).lean().exec());
  }

  /** Takes away the places of a tenant that is no more. */
  async removeAllOf(tenantId: ObjectId): Promise<void> {
    await this.claim(() => this.model.deleteMany({ tenantId }).exec());
  }

  /** A call's place among those of its tenant that wait: 1 is next; null when it does not wait. */
  async positionOf(callId: ObjectId): Promise<number | null> {
    const place = await this.find(callId);
    if (place?.seat !== 0) return null;
    const { tenantId, since } = place;
    const notAfter = { $or: [{ since: { $lt: since } }, { since, _id: { $lte: callId } }] };
    const position = await this.claim(() =>
      this.model.countDocuments({ tenantId, seat: 0, ...notAfter }).exec(),
    );
    // It may have left the line since it was read: then it is not counted any more.
    return position === 0 ? null : position;
  }

  /** A tenant's calls that wait, the next one first. */
  async lineOf(tenantId: ObjectId): Promise<ObjectId[]> {
    const places = await this.claim(() =>
      this.model.find({ tenantId, seat: 0 }, { _id: 1 }).sort(BY_AGE).lean().exec(),
    );
    return places.map(({ _id }) => _id);
  }

  /** Whose calls wait for an account. */
  tenantsWaiting(accountId: ObjectId): Promise<ObjectId[]> {
    return this.claim(() => this.model.distinct('tenantId', { accountId, seat: 0 }).exec());
  }

  async isAwaited(accountId: ObjectId): Promise<boolean> {
    return (await this.claim(() => this.model.exists({ accountId, seat: 0 }).exec())) !== null;
  }

  /** The calls of a tenant that have waited longest for an account. */
  async heads(accountId: ObjectId, tenantId: ObjectId, limit: number): Promise<ObjectId[]> {
    const places = await this.claim(() =>
      this.model.find({ accountId, seat: 0, tenantId }, { _id: 1 }).sort(BY_AGE).limit(limit).lean().exec(),
    );
    return places.map(({ _id }) => _id);
  }

  /** The seats that tenants' calls have, by the tenant's id in hex. */
  async seatsOf(tenantIds: readonly ObjectId[]): Promise<ReadonlyMap<string, ReadonlySet<number>>> {
    const places = await this.claim(() =>
      this.model
        .find({ tenantId: { $in: [...tenantIds] }, seat: HELD }, { _id: 0, tenantId: 1, seat: 1 })
        .lean()
        .exec(),
    );
    const seats = new Map(tenantIds.map(id => [id.toHexString(), new Set<number>()]));
    for (const { tenantId, seat } of places) seats.get(tenantId.toHexString())?.add(seat);
    return seats;
  }

  /** How many calls have a seat at an account. */
  takenAt(accountId: ObjectId): Promise<number> {
    return this.claim(() => this.model.countDocuments({ accountId, seat: HELD }).exec());
  }

  /**
   * Seats calls that still wait, in the running transaction.
   * @throws a duplicate-key error where somebody else has given one of the seats away at the same time.
   */
  async seat(seatings: readonly Seating[]): Promise<void> {
    const leasedUntil = this.clock.in(LEASE_MS);
    for (const { callId: _id, seat } of seatings) {
      await this.claim(() => this.model.updateOne({ _id, seat: 0 }, { $set: { seat, leasedUntil } }).exec());
    }
  }

  /** Puts a call back into the line, where it was before. */
  async unseat(callId: ObjectId): Promise<void> {
    await this.claim(() => this.model.updateOne({ _id: callId }, { $set: { seat: 0 } }).exec());
  }

  /** Seats whose lease is over, at most `limit`, longest over first. */
  unattended(accountId: ObjectId, limit: number): Promise<PlaceDocument[]> {
    const over = { accountId, seat: HELD, leasedUntil: { $lt: this.clock.now() } };
    return this.claim(() => this.model.find(over).sort({ leasedUntil: 1 }).limit(limit).lean().exec());
  }

  /** Lets a seat count for another while. */
  async renew(callId: ObjectId): Promise<void> {
    const leasedUntil = this.clock.in(LEASE_MS);
    await this.claim(() => this.model.updateOne({ _id: callId }, { $set: { leasedUntil } }).exec());
  }

  private claim<T>(work: () => Promise<T>): Promise<T> {
    return this.system.run('work.claim', work);
  }
}
