import { Injectable } from '@nestjs/common';
import { isAllowed } from '../../auth/permissions.js';
import { notFound } from '../../errors/domain-error.js';
import { fromPublicId } from '../../ids/public-id.js';
import { TenantContext } from '../../tenancy/tenant-context.js';
import { type WebhookModel, webhookModel } from './webhook.model.js';
import type { WebhookDocument } from './webhook.schema.js';
import { WebhooksRepository } from './webhooks.repository.js';

/** Reads the webhooks of the running operation's tenant. */
@Injectable()
export class WebhooksService {
  constructor(
    private readonly webhooks: WebhooksRepository,
    private readonly context: TenantContext,
  ) {}

  /** All webhooks, newest first. */
  async list(): Promise<WebhookModel[]> {
    return (await this.webhooks.list()).map(webhookModel);
  }

  /** A webhook by its public id; null for an unknown one, and for those who may not manage them. */
  async find(publicId: string): Promise<WebhookModel | null> {
    const id = isAllowed(this.context.viewer, 'webhooks:manage') ? fromPublicId('webhook', publicId) : null;
    const webhook = id && (await this.webhooks.findById(id));
    return webhook && webhookModel(webhook);
  }

  /** @throws DomainError NOT_FOUND. */
  async load(publicId: string): Promise<WebhookDocument> {
    const id = fromPublicId('webhook', publicId);
    const webhook = id && (await this.webhooks.findById(id));
    if (!webhook) throw notFound('webhook');
    return webhook;
  }
}
