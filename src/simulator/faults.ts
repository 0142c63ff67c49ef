import { z } from 'zod';

const scope = {
  /** How many of the next calls (or requests) it hits; absent: all until it is cleared. */
  times: z.number().int().positive().optional(),
  /** The share of them that it hits, 0 to 1, drawn from the seed; absent: each. */
  share: z.number().min(0).max(1).optional(),
  /** Only calls whose metadata has this key (and value, if given). */
  metadata: z.strictObject({ key: z.string().min(1), value: z.string().optional() }).optional(),
};
/** As `scope`, for requests that are no creations. `path`: only those whose path contains it. */
const requests = {
  times: scope.times,
  share: scope.share,
  method: z.string().optional(),
  path: z.string().optional(),
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
  /** The 201 is held back until somebody has answered each `call.started`, or failed to. */
  z.strictObject({ kind: z.literal('create-after-started'), ...scope }),
  z.strictObject({ kind: z.literal('request-error'), ...requests, ...refusal }),
  z.strictObject({ kind: z.literal('request-delay'), ...requests, delayMs: ms }),
  /** `next` and `previous` of a list lead to a host that is not ours. */
  z.strictObject({ kind: z.literal('next-foreign-host'), ...requests }),
  /** A list does not say how many there are. */
  z.strictObject({ kind: z.literal('total-absent'), ...requests }),
  /** Pages of a list are no longer than this, whatever is asked for. */
  z.strictObject({ kind: z.literal('page-size'), ...requests, size: z.number().int().positive() }),
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
  /** The first so many attempts find nobody at the address. */
  z.strictObject({
    kind: z.literal('webhook-unreachable'),
    ...scope,
    ...events,
    attempts: z.number().int().min(1),
  }),
  /** Signed with a second secret as well, that of an unfinished rotation, whose digest comes first. */
  z.strictObject({ kind: z.literal('webhook-two-secrets'), ...scope, ...events }),
  /** Keys in reverse order, odd white space, text that is not ASCII both escaped and not. */
  z.strictObject({ kind: z.literal('webhook-odd-body'), ...scope, ...events }),
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
  /** After so many utterances a new stage begins; `last_stage` then shows the rest only. */
  z.strictObject({ kind: z.literal('new-stage'), ...scope, afterUtterances: z.number().int().min(1) }),
  /** The caller interrupts this utterance of the agent (1 is the first); its words have run ahead of the voice. */
  z.strictObject({ kind: z.literal('interruption'), ...scope, utterance: z.number().int().min(1) }),
  /** The call object, its messages and data messages have fields and, of the last, types that nobody has heard of. */
  z.strictObject({ kind: z.literal('unknown-fields'), ...scope }),
  z.strictObject({ kind: z.literal('data-unknown-types'), ...scope }),
  /** The ordinals of transcripts leave some out. */
  z.strictObject({ kind: z.literal('data-ordinal-gaps'), ...scope }),
  /** The last message of an utterance repeats its whole text instead of null. */
  z.strictObject({ kind: z.literal('data-final-text'), ...scope }),
  /** What the user says comes in unfinished transcripts first. */
  z.strictObject({ kind: z.literal('data-user-partials'), ...scope }),
  z.strictObject({ kind: z.literal('data-refused'), ...scope }),
  z.strictObject({ kind: z.literal('data-cut'), ...scope, afterMs: ms }),
  z.strictObject({ kind: z.literal('recording-late'), ...scope, delayMs: ms }),
  z.strictObject({ kind: z.literal('recording-never'), ...scope }),
  /** How a recording that is not ready is refused; 425 without it. */
  z.strictObject({
    kind: z.literal('recording-unready'),
    ...scope,
    status: z.union([z.literal(404), z.literal(425)]),
  }),
  /** The recording is the answer itself, instead of an address. */
  z.strictObject({ kind: z.literal('recording-direct'), ...scope }),
  /** The first so many downloads break off halfway. */
  z.strictObject({ kind: z.literal('recording-cut'), ...scope, downloads: z.number().int().min(1) }),
  z.strictObject({ kind: z.literal('summary-late'), ...scope, delayMs: ms }),
  z.strictObject({ kind: z.literal('summary-never'), ...scope }),
  z.strictObject({ kind: z.literal('billing-late'), ...scope, delayMs: ms }),
  z.strictObject({ kind: z.literal('billing-never'), ...scope }),
  z.strictObject({ kind: z.literal('billing-status'), ...scope, status: z.string().min(1) }),
  /** So long after the bill the money is given back; `announced`: `call.billed` comes once more. */
  z.strictObject({
    kind: z.literal('billing-refunded'),
    ...scope,
    delayMs: ms,
    announced: z.boolean().optional(),
  }),
  /** Minutes of the telephone line, whatever the call itself costs. */
  z.strictObject({ kind: z.literal('sip-minutes'), ...scope, seconds: z.number().min(0) }),
  /** The call goes so long after its bill, as under the retention policy that says so. */
  z.strictObject({ kind: z.literal('auto-delete'), ...scope, delayMs: ms.optional() }),
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
