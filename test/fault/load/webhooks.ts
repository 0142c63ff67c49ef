import { setTimeout as sleep } from 'node:timers/promises';
import { Webhook } from 'standardwebhooks';
import type { Loose } from '../../kit/client.js';
import { Receiver, type Received, WEBHOOK_EVENTS } from '../../kit/receiver.js';
import type { HeardEvent } from '../check/histories.js';
import type { Api } from './api.js';
import type { Journal } from './journal.js';

const CREATE = `mutation ($input: CreateWebhookInput!) {
  createWebhook(input: $input) { secret webhook { id } }
}`;
const LOOK = `query ($id: ID!) { node(id: $id) { ... on Webhook {
  isEnabled deliveries(first: 100) { nodes { status attempts lastError } }
} } }`;
const REPLAY =
  'mutation ($id: ID!, $from: DateTime!, $to: DateTime!) { replayWebhook(id: $id, from: $from, to: $to) }';

/** A webhook of a tenant together with the receiver that it leads to. */
export class ReceivingTenant {
  /** What came, with every repetition. */
  readonly heard: HeardEvent[] = [];

  private constructor(
    readonly name: string,
    readonly receiver: Receiver,
    private readonly api: Api,
    private readonly id: string,
  ) {}

  /** Makes a webhook for all events, and takes note of those that come with a good signature. @throws when it cannot be made. */
  static async start(name: string, api: Api, journal: Journal): Promise<ReceivingTenant> {
    const receiver = await Receiver.start();
    const data = await api.untilDone(CREATE, { input: { url: receiver.url, events: WEBHOOK_EVENTS } });
    if (!data) {
      await receiver.stop();
      throw new Error(`The webhook "${name}" could not be made`);
    }
    const tenant = new ReceivingTenant(name, receiver, api, String(data.createWebhook.webhook.id));
    const genuine = new Webhook(String(data.createWebhook.secret));
    receiver.onReceived = ({ body, headers, json, at }: Received) => {
      try {
        genuine.verify(body, headers);
      } catch (error) {
        journal.violation(`${name} was sent what is not signed: ${(error as Error).message}`);
      }
      const { id, callId, sequence, occurredAt } = json.data;
      tenant.heard.push({ id, callId, sequence, at, delayMs: at - Date.parse(occurredAt as string) });
    };
    return tenant;
  }

  /** How many different events have come. */
  get known(): number {
    return new Set(this.heard.map(({ id }) => id)).size;
  }

  /** How the webhook stands, and its latest deliveries. */
  async look(): Promise<Loose> {
    return (await this.api.untilDone(LOOK, { id: this.id }))?.node;
  }

  /** Waits until the webhook is as it should be; false when it is not in time. */
  async untilSeen(isSo: (webhook: Loose) => boolean, patienceMs: number): Promise<boolean> {
    for (const deadline = Date.now() + patienceMs; Date.now() < deadline; await sleep(500)) {
      const webhook = await this.look();
      if (webhook && isSo(webhook)) return true;
    }
    return false;
  }

  async enable(): Promise<void> {
    const query = 'mutation ($id: ID!) { setWebhookEnabled(id: $id, isEnabled: true) { id } }';
    await this.api.untilDone(query, { id: this.id });
  }

  /** Has everything sent again; returns how much that is. */
  async replay(): Promise<number> {
    const [from, to] = [-86_400_000, 86_400_000].map(ms => new Date(Date.now() + ms));
    return Number((await this.api.untilDone(REPLAY, { id: this.id, from, to }))?.replayWebhook ?? 0);
  }

  stop(): Promise<void> {
    return this.receiver.stop();
  }
}
