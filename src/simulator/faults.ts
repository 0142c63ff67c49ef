import { z } from 'zod';

const scope = {
  /** How many of the next calls (or requests) it hits; absent: all until it is cleared. */
  times: z.number().int().positive().optional(),
  /** Only calls whose metadata has this key (and value, if given). */
  metadata: z.strictObject({ key: z.string().min(1), value: z.string().optional() }).optional(),
};
const ms = z.number().min(0);

/** The webhooks of the provider. */
export const webhookEventSchema = z.enum(['call.started', 'call.joined', 'call.ended', 'call.billed']);

export type WebhookEvent = z.infer<typeof webhookEventSchema>;

/** Absent: all events of the call. */
const events = { events: z.array(webhookEventSchema).min(1).optional() };

const refusal = {
  status: z.number().int().min(400).max(599),
  /** Sent as `Retry-After` in seconds. */
  retryAfterSeconds: z.number().int().min(0).optional(),
  /** Sent as `Retry-After` in the form of a date this many seconds ahead. */
  retryAfterDateSeconds: z.number().int().min(0).optional(),
  body: z.unknown().optional(),
};

/** Faults of one request. Their milliseconds are real time. */
const requestFaults = [
  z.strictObject({ kind: z.literal('create-error'), ...scope, ...refusal }),
  z.strictObject({ kind: z.literal('create-reset-before'), ...scope }),
  z.strictObject({ kind: z.literal('create-reset-after'), ...scope }),
  z.strictObject({ kind: z.literal('create-delay'), ...scope, delayMs: ms }),
  z.strictObject({
    kind: z.literal('request-error'),
    times: scope.times,
    method: z.string().optional(),
    path: z.string().optional(),
    ...refusal,
  }),
  z.strictObject({
    kind: z.literal('request-delay'),
    times: scope.times,
    method: z.string().optional(),
    path: z.string().optional(),
    delayMs: ms,
  }),
] as const;

/** Faults of delivery. Their milliseconds are real time. */
const deliveryFaults = [
  z.strictObject({ kind: z.literal('webhook-lost'), ...scope, ...events }),
  z.strictObject({
    kind: z.literal('webhook-duplicated'),
    ...scope,
    ...events,
    copies: z.number().int().min(1),
  }),
  z.strictObject({ kind: z.literal('webhook-delayed'), ...scope, ...events, delayMs: ms }),
  /** `call.joined` is sent after `call.ended`. */
  z.strictObject({ kind: z.literal('webhook-reordered'), ...scope }),
  /** `attempts`: only the first so many attempts are spoilt. */
  z.strictObject({
    kind: z.literal('webhook-bad-signature'),
    ...scope,
    ...events,
    attempts: z.number().int().min(1).optional(),
  }),
  z.strictObject({
    kind: z.literal('webhook-stale-timestamp'),
    ...scope,
    ...events,
    ageMs: ms,
    attempts: z.number().int().min(1).optional(),
  }),
  /** The call cannot be found by listing until so long after its creation. */
  z.strictObject({ kind: z.literal('list-late'), ...scope, delayMs: ms }),
] as const;

/** Faults of a call's life. Their times are those at speed 1. */
const callFaults = [
  z.strictObject({ kind: z.literal('never-joins'), ...scope }),
  /** `afterMs`: so long after the join; absent: when the conversation is over. */
  z.strictObject({
    kind: z.literal('end-reason'),
    ...scope,
    reason: z.string().min(1),
    afterMs: ms.optional(),
  }),
  z.strictObject({
    kind: z.literal('conversation'),
    ...scope,
    turns: z.number().int().positive().optional(),
    seconds: z.number().positive().optional(),
  }),
  z.strictObject({ kind: z.literal('data-refused'), ...scope }),
  z.strictObject({ kind: z.literal('data-cut'), ...scope, afterMs: ms }),
  z.strictObject({ kind: z.literal('recording-late'), ...scope, delayMs: ms }),
  z.strictObject({ kind: z.literal('recording-never'), ...scope }),
  z.strictObject({ kind: z.literal('summary-late'), ...scope, delayMs: ms }),
  z.strictObject({ kind: z.literal('summary-never'), ...scope }),
  z.strictObject({ kind: z.literal('billing-late'), ...scope, delayMs: ms }),
  z.strictObject({ kind: z.literal('billing-never'), ...scope }),
  z.strictObject({ kind: z.literal('billing-status'), ...scope, status: z.string().min(1) }),
] as const;

/** A fault that is fixed with the call at its creation and kept with it. */
export const lifeFaultSchema = z.discriminatedUnion('kind', [...deliveryFaults, ...callFaults]);

/** Any fault the control interface takes. */
export const faultSchema = z.discriminatedUnion('kind', [...requestFaults, ...deliveryFaults, ...callFaults]);

export type LifeFault = z.infer<typeof lifeFaultSchema>;
export type Fault = z.infer<typeof faultSchema>;
export type FaultOf<K extends Fault['kind']> = Extract<Fault, { kind: K }>;

/** The first fault of one kind among those of a call. */
export function findFault<K extends LifeFault['kind']>(
  faults: readonly LifeFault[],
  kind: K,
): Extract<LifeFault, { kind: K }> | undefined {
  return faults.find((fault): fault is Extract<LifeFault, { kind: K }> => fault.kind === kind);
}
