import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Webhook as StandardWebhook } from 'standardwebhooks';
import { reportUnreadable } from '../../errors/unreadable-data.js';
import { TenantContext } from '../../tenancy/tenant-context.js';
import { SealedValueError, Vault } from '../../vault/vault.js';
import { WEBHOOK_SECRET_FIELD, type WebhookDocument } from './webhook.schema.js';

/** Standard Webhooks asks for 24 to 64 bytes. */
const SECRET_BYTES = 32;

/** The headers of Standard Webhooks, by which a receiver knows what was sent, when, and by whom. */
export interface SignedHeaders {
  readonly 'webhook-id': string;
  readonly 'webhook-timestamp': string;
  readonly 'webhook-signature': string;
}

/** The secrets that webhooks are signed with: made here, kept sealed, shown once. */
@Injectable()
export class WebhookSecrets {
  constructor(
    private readonly vault: Vault,
    private readonly context: TenantContext,
  ) {}

  /** A new secret, and how it is stored. */
  make(): { readonly secret: string; readonly sealed: string } {
    const secret = `whsec_${randomBytes(SECRET_BYTES).toString('base64')}`;
    return { secret, sealed: this.vault.seal(this.context.tenant.id, WEBHOOK_SECRET_FIELD, secret) };
  }

  /**
   * Signs with the webhook's secret, and with those replaced within the last day, so that receivers can change over. One
   * of those that cannot be opened signs no more, and raises the alarm.
   * @throws SealedValueError when the present secret cannot be opened; that raises the alarm too.
   */
  sign(webhook: WebhookDocument, id: string, at: Date, body: string): SignedHeaders {
    const olds = webhook.oldSecrets.filter(({ until }) => until > at).map(({ sealed }) => sealed);
    const sign = (sealed: string) => new StandardWebhook(this.open(webhook, sealed)).sign(id, at, body);
    const signatures = [sign(webhook.sealedSecret)];
    for (const old of olds) {
      try {
        signatures.push(sign(old));
      } catch (error) {
        if (!(error instanceof SealedValueError)) throw error;
      }
    }
    return {
      'webhook-id': id,
      'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
      'webhook-signature': signatures.join(' '),
    };
  }

  private open({ _id }: WebhookDocument, sealed: string): string {
    try {
      return this.vault.open(this.context.tenant.id, WEBHOOK_SECRET_FIELD, sealed);
    } catch (error) {
      reportUnreadable({ what: 'webhook secret', id: _id.toHexString(), reason: (error as Error).message });
      throw error;
    }
  }
}
