import { randomBytes } from 'node:crypto';
import { timelineOf, type Timeline } from './call-timeline.js';
import { findFault, type LifeFault, type WebhookEvent } from './faults.js';
import type { StoredCall } from './stored-call.js';
import type { StoredWebhook } from './stored-webhook.js';

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
  /** So many attempts find nobody at the address. */
  readonly unreachable: number;
  readonly isOdd: boolean;
}

/** A secret that only the simulator knows: that of a rotation which is not finished. */
const ROTATED_SECRET = randomBytes(24).toString('base64url');

/** How long after `call.ended` a held back `call.joined` is sent. */
const REORDER_MS = 200;

const EVENTS: readonly WebhookEvent[] = ['call.started', 'call.joined', 'call.ended', 'call.billed'];

/** All webhooks of a call's life in the order of their events, those that a fault loses left out. */
export function plannedCallbacks(call: StoredCall, account: readonly StoredWebhook[]): PlannedCallback[] {
  const timeline = timelineOf(call);
  return EVENTS.flatMap(event => {
    if (hits(call, 'webhook-lost', event) !== undefined) return [];
    const common = {
      event,
      copies: hits(call, 'webhook-duplicated', event)?.copies ?? 0,
      unreachable: hits(call, 'webhook-unreachable', event)?.attempts ?? 0,
      isOdd: hits(call, 'webhook-odd-body', event) !== undefined,
    };
    return momentsOf(event, call, timeline).flatMap(eventAt => {
      const dueAt = dueFor(event, eventAt, call, timeline);
      const targets = targetsOf(event, eventAt, call, account);
      return targets.map(target => ({ ...common, ...target, eventAt, dueAt }));
    });
  });
}

/** The faults that spoil single webhooks of a call. */
type WebhookFault = Extract<LifeFault, { events?: readonly WebhookEvent[] | undefined }>;

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

function momentsOf(event: WebhookEvent, call: StoredCall, timeline: Timeline): number[] {
  const isRefundTold = findFault(call.faults, 'billing-refunded')?.announced === true;
  const moments: Record<WebhookEvent, (number | null)[]> = {
    'call.started': [call.createdAt],
    'call.joined': [timeline.joinedAt],
    'call.ended': [timeline.endedAt],
    'call.billed': [timeline.billedAt, isRefundTold ? timeline.refundedAt : null],
  };
  return moments[event].filter(moment => moment !== null);
}

function dueFor(event: WebhookEvent, eventAt: number, call: StoredCall, timeline: Timeline): number {
  const delayed = eventAt + (hits(call, 'webhook-delayed', event)?.delayMs ?? 0);
  const reordered = event === 'call.joined' && findFault(call.faults, 'webhook-reordered') !== undefined;
  return reordered ? Math.max(delayed, timeline.endedAt + REORDER_MS) : delayed;
}

function targetsOf(
  event: WebhookEvent,
  eventAt: number,
  call: StoredCall,
  account: readonly StoredWebhook[],
): { url: string; secrets: readonly string[] }[] {
  const callbacks = call.request.callbacks ?? {};
  const own = {
    'call.started': undefined,
    'call.joined': callbacks.joined,
    'call.ended': callbacks.ended,
    'call.billed': callbacks.billed,
  }[event];
  // One that is limited to an agent hears of none of these calls, which are made without any.
  const general = account.filter(
    webhook => webhook.events.includes(event) && webhook.createdAt <= eventAt && webhook.agentId === null,
  );
  const mine = own === undefined ? [] : [{ url: own.url, secrets: own.secrets ?? [] }];
  const targets = [...mine, ...general.map(({ url, secrets }) => ({ url, secrets }))];
  if (hits(call, 'webhook-two-secrets', event) === undefined) return targets;
  return targets.map(({ url, secrets }) => ({ url, secrets: [ROTATED_SECRET, ...secrets] }));
}
