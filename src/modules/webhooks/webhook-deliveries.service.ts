import { Injectable } from '@nestjs/common';
import { isAllowed } from '../../auth/permissions.js';
import { fromPublicId } from '../../ids/public-id.js';
import type { ObjectId } from '../../mongo/object-id.js';
import { type Connection, type PageArguments, paginate } from '../../pagination/connection.js';
import { CursorCodec } from '../../pagination/cursor-codec.js';
import { TenantContext } from '../../tenancy/tenant-context.js';
import { WebhookDeliveriesRepository } from './webhook-deliveries.repository.js';
import { type WebhookDeliveryModel, webhookDeliveryModel } from './webhook-delivery.model.js';
import type { WebhookDeliveryDocument } from './webhook-delivery.schema.js';
import { WebhooksRepository } from './webhooks.repository.js';

/** Reads what became of deliveries, and forgets those of events that are gone. */
@Injectable()
export class WebhookDeliveriesService {
  constructor(
    private readonly webhooks: WebhooksRepository,
    private readonly deliveries: WebhookDeliveriesRepository,
    private readonly cursors: CursorCodec,
    private readonly context: TenantContext,
  ) {}

  /** A delivery by its public id; null for an unknown one, and for those who may not manage webhooks. */
  async find(publicId: string): Promise<WebhookDeliveryModel | null> {
    const isReadable = isAllowed(this.context.viewer, 'webhooks:manage');
    const delivery = isReadable ? await this.findDocument(publicId) : null;
    return delivery && webhookDeliveryModel(delivery);
  }

  /** A delivery of a webhook that is still there. */
  async findDocument(publicId: string): Promise<WebhookDeliveryDocument | null> {
    const id = fromPublicId('delivery', publicId);
    const delivery = id && (await this.deliveries.findById(id));
    return delivery && (await this.webhooks.findById(delivery.webhookId)) ? delivery : null;
  }

  /** A page of a webhook's deliveries, newest first. @throws DomainError BAD_USER_INPUT for a forged cursor. */
  list(webhookId: string, page: PageArguments): Promise<Connection<WebhookDeliveryModel>> {
    const id = fromPublicId('webhook', webhookId);
    if (!id) throw new Error('Not the id of a webhook');
    return paginate<WebhookDeliveryDocument, WebhookDeliveryModel>({
      list: `deliveries of ${id.toHexString()}`,
      page,
      order: { field: 'createdAt', direction: -1, keyOf: ({ createdAt }) => createdAt },
      cursors: this.cursors,
      fetch: query => this.deliveries.page(id, query),
      count: () => this.deliveries.countOf(id),
      toNode: webhookDeliveryModel,
    });
  }

  /** Removes the deliveries of events up to a place in the feed, which retention has removed. */
  async removeUpTo(position: number): Promise<void> {
    const ids: ObjectId[] = (await this.webhooks.list()).map(({ _id }) => _id);
    for (const id of ids) await this.deliveries.removeUpTo(id, position);
  }
}
