import { timelineOf, type Timeline } from './call-timeline.js';
import { findFault, type LifeFault, type WebhookEvent } from './faults.js';
import type { StoredCall } from './stored-call.js';

/** A webhook of the whole account, beside the callbacks that a call names itself. */
export interface AccountWebhook {
  readonly url: string;
  readonly secrets: readonly string[];
  readonly events: readonly WebhookEvent[];
}

/** A webhook that is to be delivered, with the ways in which faults spoil it. */
export interface PlannedCallback {
  readonly event: WebhookEvent;
  readonly url: string;
  readonly secrets: readonly string[];
  /** When the event happens; the call is shown as it was then. Milliseconds since the epoch, as `dueAt`. */
  readonly eventAt: number;
  /** When it is sent first. */
  readonly dueAt: number;
  /** How often it is repeated after it was acknowledged. */
  readonly copies: number;
}

/** How long after `call.ended` a held back `call.joined` is sent. */
const REORDER_MS = 200;

const EVENTS: readonly WebhookEvent[] = ['call.started', 'call.joined', 'call.ended', 'call.billed'];

/** All webhooks of a call's life in the order of their events, those that a fault loses left out. */
export function plannedCallbacks(call: StoredCall, account: readonly AccountWebhook[]): PlannedCallback[] {
  const timeline = timelineOf(call);
  return EVENTS.flatMap(event => {
    const eventAt = momentOf(event, call, timeline);
    if (eventAt === null || hits(call, 'webhook-lost', event) !== undefined) return [];
    const copies = hits(call, 'webhook-duplicated', event)?.copies ?? 0;
    const dueAt = dueFor(event, eventAt, call, timeline);
    return targetsOf(event, call, account).map(target => ({ event, ...target, eventAt, dueAt, copies }));
  });
}

/** The faults that spoil single webhooks of a call. */
type WebhookFault = Extract<
  LifeFault,
  { kind: `webhook-${'lost' | 'duplicated' | 'delayed' | 'bad-signature' | 'stale-timestamp'}` }
>;

/** The fault of one kind that hits this event of the call. */
export function hits<K extends WebhookFault['kind']>(
  call: StoredCall,
  kind: K,
  event: WebhookEvent,
): Extract<LifeFault, { kind: K }> | undefined {
  const fault = findFault(call.faults, kind);
  const spared: WebhookFault | undefined = fault;
  return spared?.events?.includes(event) === false ? undefined : fault;
}

function momentOf(event: WebhookEvent, call: StoredCall, timeline: Timeline): number | null {
  switch (event) {
    case 'call.started':
      return call.createdAt;
    case 'call.joined':
      return timeline.joinedAt;
    case 'call.ended':
      return timeline.endedAt;
    case 'call.billed':
      return timeline.billedAt;
  }
}

function dueFor(event: WebhookEvent, eventAt: number, call: StoredCall, timeline: Timeline): number {
  const delayed = eventAt + (hits(call, 'webhook-delayed', event)?.delayMs ?? 0);
  const reordered = event === 'call.joined' && findFault(call.faults, 'webhook-reordered') !== undefined;
  return reordered ? Math.max(delayed, timeline.endedAt + REORDER_MS) : delayed;
}

function targetsOf(
  event: WebhookEvent,
  call: StoredCall,
  account: readonly AccountWebhook[],
): { url: string; secrets: readonly string[] }[] {
  const callbacks = call.request.callbacks ?? {};
  const own = {
    'call.started': undefined,
    'call.joined': callbacks.joined,
    'call.ended': callbacks.ended,
    'call.billed': callbacks.billed,
  }[event];
  const general = account.filter(webhook => webhook.events.includes(event));
  const mine = own === undefined ? [] : [{ url: own.url, secrets: own.secrets ?? [] }];
  return [...mine, ...general.map(({ url, secrets }) => ({ url, secrets }))];
}
