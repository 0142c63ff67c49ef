import { assertAlso } from '../../auth/access.guard.js';
import { Injectable } from '@nestjs/common';
import { conflict } from '../../errors/domain-error.js';
import { StreamHeads } from '../../events/stream-heads.js';
import { toPublicId } from '../../ids/public-id.js';
import { StoreClock } from '../../mongo/store-clock.js';
import { newObjectId } from '../../mongo/object-id.js';
import { UnitOfWork } from '../../mongo/unit-of-work.js';
import { TenantContext } from '../../tenancy/tenant-context.js';
import { AuditLog } from '../audit/audit-log.js';
import type { CreateWebhookInput } from './create-webhook.input.js';
import { ReceiverUrl } from './receiver-url.js';
import { WebhookFeed } from './webhook-feed.js';
import { WebhookSecrets } from './webhook-secrets.js';
import { WebhookWakes } from './webhook-wakes.js';
import type { WebhookDocument } from './webhook.schema.js';
import { WebhooksRepository } from './webhooks.repository.js';
import { WebhooksService } from './webhooks.service.js';

/** Webhooks that a tenant may have: each event is sent to all of them. */
const MOST_WEBHOOKS = 20;
/** How long a replaced secret still signs. */
const OVERLAP_MS = 24 * 3_600_000;
/** Secrets that sign beside the newest one: each makes the header longer. */
const MOST_OLD_SECRETS = 4;

/** A webhook and the secret that is shown once. */
export interface WithSecret {
  readonly webhook: WebhookDocument;
  readonly secret: string;
}

/** Makes, enables, disables and deletes webhooks, and replaces their secrets; each with its audit row. */
@Injectable()
export class WebhookChanges {
  constructor(
    private readonly service: WebhooksService,
    private readonly webhooks: WebhooksRepository,
    private readonly urls: ReceiverUrl,
    private readonly secrets: WebhookSecrets,
    private readonly heads: StreamHeads,
    private readonly feed: WebhookFeed,
    private readonly wakes: WebhookWakes,
    private readonly audit: AuditLog,
    private readonly work: UnitOfWork,
    private readonly clock: StoreClock,
    private readonly context: TenantContext,
  ) {}

  /**
   * Makes a webhook, which is told of what happens from now on.
   * @throws DomainError FORBIDDEN for a key that may not read calls, since it is told of them; BAD_USER_INPUT for a URL that may not be sent to, CONFLICT when the tenant has enough of them.
   */
  async create({ url, events }: CreateWebhookInput): Promise<WithSecret> {
    assertAlso(
      'calls:read',
      this.context.viewer,
      'A webhook is told of calls: the key needs CALLS_READ too.',
    );
    const accepted = await this.urls.accept(url);
    return this.work.run(async () => {
      if ((await this.webhooks.list()).length >= MOST_WEBHOOKS)
        throw conflict(`There are ${MOST_WEBHOOKS} webhooks already: delete one first.`);
      const _id = newObjectId();
      const { secret, sealed } = this.secrets.make();
      const now = this.clock.now();
      const { epoch, position } = await this.heads.read('calls');
      const webhook = await this.webhooks.add({
        _id,
        url: accepted,
        events,
        isEnabled: true,
        enabledAt: now,
        epoch,
        position,
        sealedSecret: sealed,
        oldSecrets: [],
        failingSince: null,
        pausedUntil: null,
        createdAt: now,
      });
      await this.wakes.wake(webhook);
      await this.audit.record({
        action: 'webhook.created',
        details: { webhookId: toPublicId('webhook', _id), host: new URL(accepted).host, events },
      });
      return { webhook, secret };
    });
  }

  /**
   * Enables a webhook, which then gets what it is still owed and what happens from now on; or disables it.
   * @throws DomainError NOT_FOUND.
   */
  setEnabled(publicId: string, isEnabled: boolean): Promise<WebhookDocument> {
    return this.work.run(async () => {
      const webhook = await this.service.load(publicId);
      if (webhook.isEnabled === isEnabled) return webhook;
      // What is still queued must be of events that are there.
      await this.feed.enterEpoch(webhook);
      const changed = isEnabled
        ? await this.webhooks.enable(webhook._id, await this.heads.read('calls'), this.clock.now())
        : await this.webhooks.disable(webhook._id);
      if (!changed) throw new Error('The webhook changed under its own transaction');
      await this.wakes.wake(changed);
      await this.audit.record({
        action: isEnabled ? 'webhook.enabled' : 'webhook.disabled',
        details: { webhookId: publicId },
      });
      return changed;
    });
  }

  /** Replaces the secret; the old one signs too for a day. @throws DomainError NOT_FOUND, CONFLICT. */
  rotateSecret(publicId: string): Promise<WithSecret> {
    return this.work.run(async () => {
      const { _id, sealedSecret, oldSecrets } = await this.service.load(publicId);
      const now = this.clock.now();
      const still = oldSecrets.filter(({ until }) => until > now);
      if (still.length >= MOST_OLD_SECRETS)
        throw conflict(`${MOST_OLD_SECRETS} replaced secrets still sign: try again once one has ended.`);
      const { secret, sealed } = this.secrets.make();
      const old = { sealed: sealedSecret, until: new Date(now.getTime() + OVERLAP_MS) };
      const webhook = await this.webhooks.replaceSecret(_id, sealed, [old, ...still]);
      if (!webhook) throw new Error('The webhook changed under its own transaction');
      await this.audit.record({ action: 'webhook.secret_rotated', details: { webhookId: publicId } });
      return { webhook, secret };
    });
  }

  /** Deletes a webhook; its deliveries go right after. @throws DomainError NOT_FOUND. */
  async delete(publicId: string): Promise<void> {
    await this.work.run(async () => {
      const webhook = await this.service.load(publicId);
      await this.webhooks.remove(webhook._id);
      await this.wakes.wake(webhook);
      await this.audit.record({
        action: 'webhook.deleted',
        details: { webhookId: publicId, host: new URL(webhook.url).host },
      });
    });
  }
}
