import { randomBytes, randomUUID } from 'node:crypto';
import { z } from 'zod';
import { iso, type Json } from './call-view.js';
import { webhookEventSchema } from './faults.js';
import type { Journal } from './journal.js';
import type { StoredWebhook } from './stored-webhook.js';

const MOST_FAILURES = 10;

/** The body that makes a webhook; all fields may be left out when one is changed. */
export const webhookRequestSchema = z.strictObject({
  agentId: z.uuid().nullable().optional(),
  url: z.url({ protocol: /^https?$/, error: 'Enter a valid URL.' }).max(200),
  secrets: z.array(z.string().min(1).max(120)).optional(),
  events: z.array(webhookEventSchema).min(1),
});

export type WebhookRequest = z.infer<typeof webhookRequestSchema>;

/** The webhooks of the whole account, each change kept in the journal. */
export class AccountWebhooks {
  private readonly webhooks = new Map<string, StoredWebhook>();

  constructor(private readonly journal: Journal) {}

  /** Takes over what the journal has kept. */
  load(kept: readonly StoredWebhook[]): void {
    for (const webhook of kept) this.keep(webhook);
  }

  /** Those that are there, oldest first. */
  all(): StoredWebhook[] {
    return [...this.webhooks.values()].filter(({ removedAt }) => removedAt === null);
  }

  find(webhookId: string): StoredWebhook | undefined {
    return this.all().find(webhook => webhook.webhookId === webhookId);
  }

  /** Makes one; a secret is made where none is given. */
  add(request: WebhookRequest, now: number): Promise<StoredWebhook> {
    const secrets = request.secrets ?? [];
    return this.save({
      webhookId: randomUUID(),
      agentId: request.agentId ?? null,
      createdAt: now,
      url: request.url,
      secrets: secrets.length > 0 ? secrets : [randomBytes(24).toString('base64url')],
      events: request.events,
      statusChangedAt: null,
      isHealthy: true,
      failures: [],
      removedAt: null,
    });
  }

  /** Keeps a changed one. */
  async save(webhook: StoredWebhook): Promise<StoredWebhook> {
    this.keep(webhook);
    await this.journal.append({ kind: 'webhook', webhook });
    return webhook;
  }

  /** Notes what came of a try to reach an address. */
  async note(url: string, at: number, failure: string | null): Promise<void> {
    for (const webhook of this.all().filter(one => one.url === url)) {
      const isHealthy = failure === null;
      if (isHealthy && webhook.isHealthy) continue;
      await this.save({
        ...webhook,
        isHealthy,
        statusChangedAt: isHealthy === webhook.isHealthy ? webhook.statusChangedAt : at,
        failures: isHealthy ? webhook.failures : [...webhook.failures, { at, failure }].slice(-MOST_FAILURES),
      });
    }
  }

  private keep(webhook: StoredWebhook): void {
    this.webhooks.set(webhook.webhookId, webhook);
  }
}

/** A webhook as the provider shows it, its secrets included. */
export function webhookView(webhook: StoredWebhook): Json {
  const { webhookId, agentId, url, secrets, events } = webhook;
  return {
    webhookId,
    agentId,
    created: iso(webhook.createdAt),
    url,
    secrets,
    events,
    status: webhook.isHealthy ? 'normal' : 'unhealthy',
    lastStatusChange: webhook.statusChangedAt === null ? null : iso(webhook.statusChangedAt),
    recentFailures: webhook.failures.map(({ at, failure }) => ({ timestamp: iso(at), failure })),
  };
}
