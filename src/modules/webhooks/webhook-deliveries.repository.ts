import { Inject, Injectable } from '@nestjs/common';
import type { Model } from 'mongoose';
import type { CallEventDocument } from '../../events/call-event.schema.js';
import { newObjectId, type ObjectId } from '../../mongo/object-id.js';
import type { PageQuery } from '../../pagination/connection.js';
import { TenantRepository } from '../../tenancy/tenant-repository.js';
import { WEBHOOK_DELIVERIES, type WebhookDeliveryDocument } from './webhook-delivery.schema.js';

/** What a delivery is when it has just been queued. */
const queued = (now: Date) =>
  ({ status: 'PENDING', tries: 0, triedSince: null, nextAttemptAt: now, expiresAt: null }) as const;

@Injectable()
export class WebhookDeliveriesRepository extends TenantRepository<WebhookDeliveryDocument> {
  constructor(@Inject(WEBHOOK_DELIVERIES.token) model: Model<WebhookDeliveryDocument>) {
    super(model);
  }

  findById(id: ObjectId): Promise<WebhookDeliveryDocument | null> {
    return this.findOne({ _id: id });
  }

  /** Queues events for a webhook that has none of them. @throws a duplicate-key error when it has. */
  async addAll(
    webhookId: ObjectId,
    events: readonly Pick<CallEventDocument, '_id' | 'callId' | 'position'>[],
    now: Date,
  ): Promise<void> {
    await this.insertMany(
      events.map(({ _id, callId, position }) => ({
        ...queued(now),
        _id: newObjectId(),
        webhookId,
        eventId: _id,
        callId,
        position: position ?? 0,
        attempts: 0,
        responseStatus: null,
        lastError: null,
        createdAt: now,
      })),
    );
  }

  /** Pending deliveries whose time has come, longest due first; none of the calls left out. */
  due(
    webhookId: ObjectId,
    without: readonly ObjectId[],
    now: Date,
    limit: number,
  ): Promise<WebhookDeliveryDocument[]> {
    return this.find(
      { webhookId, status: 'PENDING', nextAttemptAt: { $lte: now }, callId: { $nin: [...without] } },
      { sort: { nextAttemptAt: 1, position: 1 }, limit },
    );
  }

  /** When the next pending delivery is due; null when none is pending. */
  async nextDueAt(webhookId: ObjectId): Promise<Date | null> {
    const next = await this.findOne(
      { webhookId, status: 'PENDING' },
      { sort: { nextAttemptAt: 1, position: 1 } },
    );
    return next?.nextAttemptAt ?? null;
  }

  /** The first pending delivery of each of these calls: the only one of its call that may be tried. */
  firstOfCalls(webhookId: ObjectId, callIds: readonly ObjectId[]): Promise<WebhookDeliveryDocument[]> {
    return this.aggregate<WebhookDeliveryDocument>([
      { $match: { webhookId, status: 'PENDING', callId: { $in: [...callIds] } } },
      { $sort: { callId: 1, position: 1 } },
      { $group: { _id: '$callId', first: { $first: '$$ROOT' } } },
      { $replaceRoot: { newRoot: '$first' } },
    ]);
  }

  /** Notes what became of a try; null when the delivery is gone, or another process has tried it meanwhile. */
  noteTry(
    { _id, tries }: WebhookDeliveryDocument,
    outcome: Pick<
      WebhookDeliveryDocument,
      'status' | 'nextAttemptAt' | 'triedSince' | 'responseStatus' | 'lastError' | 'expiresAt'
    >,
  ): Promise<WebhookDeliveryDocument | null> {
    return this.updateOne(
      { _id, status: 'PENDING', tries },
      { $set: outcome, $inc: { attempts: 1, tries: 1 } },
    );
  }

  /** Lets the pending deliveries of one call, up to a place where one is given, wait until a time. */
  async putOff(webhookId: ObjectId, callId: ObjectId, until: Date, upTo?: number): Promise<void> {
    await this.updateMany(
      { webhookId, callId, status: 'PENDING', ...(upTo === undefined ? {} : { position: { $lte: upTo } }) },
      { $set: { nextAttemptAt: until } },
    );
  }

  /** Queues a delivery again; null when it is gone. */
  requeue(id: ObjectId, now: Date): Promise<WebhookDeliveryDocument | null> {
    return this.updateOne({ _id: id }, { $set: queued(now) });
  }

  /** Queues again whatever a webhook has of these places in the feed, and tells which it has. */
  async requeueAt(webhookId: ObjectId, positions: readonly number[], now: Date): Promise<Set<number>> {
    const filter = { webhookId, position: { $in: [...positions] } };
    const known = await this.find(filter, { projection: { position: 1 } });
    await this.updateMany(filter, { $set: queued(now) });
    return new Set(known.map(({ position }) => position));
  }

  page(webhookId: ObjectId, query: PageQuery): Promise<WebhookDeliveryDocument[]> {
    return this.find({ $and: [{ webhookId }, query.range] }, { sort: query.sort, limit: query.limit });
  }

  countOf(webhookId: ObjectId): Promise<number> {
    return this.count({ webhookId });
  }

  async remove(id: ObjectId): Promise<void> {
    await this.deleteMany({ _id: id });
  }

  async removeOf(webhookId: ObjectId): Promise<void> {
    await this.deleteMany({ webhookId });
  }

  /** Removes the deliveries of events behind a place in the feed. */
  async removeBehind(webhookId: ObjectId, position: number): Promise<void> {
    await this.deleteMany({ webhookId, position: { $gt: position } });
  }

  /** Removes the deliveries of events up to a place in the feed. */
  async removeUpTo(webhookId: ObjectId, position: number): Promise<void> {
    await this.deleteMany({ webhookId, position: { $lte: position } });
  }
}
