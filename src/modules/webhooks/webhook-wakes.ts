import { Injectable } from '@nestjs/common';
import { Sealer } from '../../events/sealer.js';
import type { StreamHead } from '../../events/stream-heads.js';
import { type TenantKey, tenantKey } from '../../ids/tenant-key.js';
import { JobRunner } from '../../jobs/job-runner.js';
import type { JobKind } from '../../jobs/job.schema.js';
import { Jobs } from '../../jobs/jobs.js';
import { StoreClock } from '../../mongo/store-clock.js';
import { UnitOfWork } from '../../mongo/unit-of-work.js';
import { BriefCache } from '../../tenancy/brief-cache.js';
import { TenantContext } from '../../tenancy/tenant-context.js';
import { WebhookFeed } from './webhook-feed.js';
import type { WebhookDocument } from './webhook.schema.js';
import { WebhooksRepository } from './webhooks.repository.js';

/** How long a process may not know of a webhook that another one has made or enabled. */
export const KNOWN_WITHIN_MS = 1000;

/** The kind of job that looks after a webhook: one whose receiver fails or is slow has its turn among its like. */
export function kindOf({ failingSince, slowUntil }: WebhookDocument, now: Date): JobKind {
  if (failingSince) return 'failing-webhook';
  return slowUntil && slowUntil > now ? 'slow-webhook' : 'webhook';
}

/** Wakes the jobs of webhooks: when their tenant's feed has grown, and when somebody has changed them. */
@Injectable()
export class WebhookWakes {
  private readonly enabled = new BriefCache<TenantKey, readonly WebhookDocument[]>(KNOWN_WITHIN_MS, 10_000);

  constructor(
    private readonly webhooks: WebhooksRepository,
    private readonly feed: WebhookFeed,
    private readonly jobs: Jobs,
    private readonly runner: JobRunner,
    private readonly work: UnitOfWork,
    private readonly context: TenantContext,
    private readonly clock: StoreClock,
    sealer: Sealer,
  ) {
    // With the events, so that no crash comes between them and the wake.
    sealer.onSealed('calls', from => this.wakeEnabled(from));
  }

  /** Makes a webhook's job due, in the running transaction, adding it where there is none. */
  async wake(webhook: WebhookDocument): Promise<void> {
    await this.jobs.wake(kindOf(webhook, this.clock.now()), this.context.tenant.id, webhook._id);
    this.work.afterCommit(() => {
      this.enabled.clear();
      this.runSoon([webhook]);
    });
  }

  private async wakeEnabled(from: StreamHead): Promise<void> {
    const key = tenantKey(this.context.tenant.id);
    const webhooks = await this.enabled.get(key, async () =>
      (await this.webhooks.list()).filter(({ isEnabled }) => isEnabled),
    );
    if (!webhooks || webhooks.length === 0) return;
    // A place ahead of the feed's end says that the database was set back: these events are still to come.
    for (const webhook of webhooks) await this.feed.enterEpoch(webhook, from);
    await this.jobs.wakeAll(webhooks.map(({ _id }) => _id));
    this.work.afterCommit(() => {
      this.runSoon(webhooks);
    });
  }

  private runSoon(webhooks: readonly WebhookDocument[]): void {
    const now = this.clock.now();
    for (const webhook of webhooks)
      this.runner.runIfRoom(kindOf(webhook, now), webhook.tenantId, webhook._id);
  }
}
