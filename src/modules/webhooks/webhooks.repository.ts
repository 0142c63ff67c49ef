import { Inject, Injectable } from '@nestjs/common';
import type { Model } from 'mongoose';
import type { StreamPosition } from '../../events/stream-head.schema.js';
import type { ObjectId } from '../../mongo/object-id.js';
import { type NewDocument, TenantRepository } from '../../tenancy/tenant-repository.js';
import { type OldSecret, type WebhookDocument, WEBHOOKS } from './webhook.schema.js';

@Injectable()
export class WebhooksRepository extends TenantRepository<WebhookDocument> {
  constructor(@Inject(WEBHOOKS.token) model: Model<WebhookDocument>) {
    super(model);
  }

  findById(id: ObjectId): Promise<WebhookDocument | null> {
    return this.findOne({ _id: id });
  }

  /** All of the tenant's, newest first: there are few. */
  list(): Promise<WebhookDocument[]> {
    return this.find({}, { sort: { createdAt: -1, _id: -1 } });
  }

  add(webhook: NewDocument<WebhookDocument>): Promise<WebhookDocument> {
    return this.insert(webhook);
  }

  enable(
    id: ObjectId,
    { epoch, position }: StreamPosition,
    enabledAt: Date,
  ): Promise<WebhookDocument | null> {
    return this.updateOne(
      { _id: id },
      { $set: { isEnabled: true, epoch, position, enabledAt, failingSince: null, pausedUntil: null } },
    );
  }

  /** Puts a webhook to another place in the feed. */
  moveTo(id: ObjectId, { epoch, position }: StreamPosition): Promise<WebhookDocument | null> {
    return this.updateOne({ _id: id }, { $set: { epoch, position } });
  }

  /** Null when it is disabled already, or gone. */
  disable(id: ObjectId): Promise<WebhookDocument | null> {
    return this.updateOne({ _id: id, isEnabled: true }, { $set: { isEnabled: false } });
  }

  /** Moves a webhook on in the feed; null when somebody else has, or it takes no events any more. */
  advance({ _id, position }: WebhookDocument, to: number): Promise<WebhookDocument | null> {
    return this.updateOne({ _id, position, isEnabled: true }, { $set: { position: to } });
  }

  /** Notes that a delivery has failed, unless an earlier one is noted. */
  async markFailing(id: ObjectId, since: Date): Promise<void> {
    await this.updateOne({ _id: id, failingSince: null }, { $set: { failingSince: since } });
  }

  /** Notes that the receiver counts as slow, unless a later time is noted. */
  async markSlow(id: ObjectId, until: Date): Promise<void> {
    await this.updateOne({ _id: id }, { $max: { slowUntil: until } });
  }

  /** Notes that nothing may be sent before a time, unless a later one is noted. */
  async pause(id: ObjectId, until: Date): Promise<void> {
    await this.updateOne({ _id: id }, { $max: { pausedUntil: until } });
  }

  /** Forgets that a receiver has asked to be left alone: its owner knows better. */
  async unpause(id: ObjectId): Promise<void> {
    await this.updateOne({ _id: id }, { $set: { pausedUntil: null } });
  }

  async markWorking(id: ObjectId): Promise<void> {
    await this.updateOne({ _id: id }, { $set: { failingSince: null } });
  }

  replaceSecret(
    id: ObjectId,
    sealedSecret: string,
    oldSecrets: OldSecret[],
  ): Promise<WebhookDocument | null> {
    return this.updateOne({ _id: id }, { $set: { sealedSecret, oldSecrets } });
  }

  async remove(id: ObjectId): Promise<boolean> {
    return (await this.deleteMany({ _id: id })) === 1;
  }
}
