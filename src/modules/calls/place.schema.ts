import { defineCollection } from '../../mongo/model-provider.js';
import type { ObjectId } from '../../mongo/object-id.js';
import { systemSchema } from '../../tenancy/plugin/system-schema.js';

/**
 * A call's place: in the line while it waits, on a seat from its admission to its end. There is one for each call that
 * is not over. Work data: ids, times and a lease.
 */
export interface PlaceDocument {
  /** The call's id. */
  _id: ObjectId;
  tenantId: ObjectId;
  /** The provider's account that the call is given to: accountOf names it. */
  accountId: ObjectId;
  /** When the call was accepted: of a tenant's calls the one that waits longest is next. */
  since: Date;
  /** 0 while it waits; else its number among the tenant's concurrent calls, from 1 on. */
  seat: number;
  /** Until when a seat counts without a look at its call. */
  leasedUntil: Date;
}

const schema = systemSchema<PlaceDocument>('work', {
  tenantId: { type: 'ObjectId', required: true },
  accountId: { type: 'ObjectId', required: true },
  since: { type: Date, required: true },
  seat: { type: Number, required: true },
  leasedUntil: { type: Date, required: true },
});
// For Places.seatsOf; unique, so that no two calls of a tenant have one seat, whoever hands seats out at the same time.
schema.index({ tenantId: 1, seat: 1 }, { unique: true, partialFilterExpression: { seat: { $gt: 0 } } });
// For Places.positionOf and lineOf.
schema.index({ tenantId: 1, seat: 1, since: 1, _id: 1 });
// For Places.tenantsWaiting, heads and takenAt.
schema.index({ accountId: 1, seat: 1, tenantId: 1, since: 1, _id: 1 });
// For Places.unattended.
schema.index({ accountId: 1, leasedUntil: 1 });

export const PLACES = defineCollection<PlaceDocument>('Place', 'places', schema);
