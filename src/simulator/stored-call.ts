import { z } from 'zod';
import { conversationScriptSchema } from './conversation-script.js';
import { steeringMessageSchema } from './data-message.js';
import { lifeFaultSchema, webhookEventSchema } from './faults.js';
import { paceSchema } from './pace.js';
import { startCallRequestSchema } from './start-call-request.js';

/** What is fixed when a call is made. With the interventions it decides the call's whole life. */
export const callBirthSchema = z.object({
  callId: z.string(),
  callStageId: z.string(),
  /** Milliseconds since the epoch. */
  createdAt: z.number(),
  request: startCallRequestSchema,
  pace: paceSchema,
  faults: z.array(lifeFaultSchema),
  /** The conversation that somebody wrote for it. */
  script: conversationScriptSchema.optional(),
});

/** A message that reached a live call; `at` in milliseconds since the epoch. */
export const interventionSchema = z.object({ at: z.number(), message: steeringMessageSchema });

/** One try to deliver a webhook. `copy` 0 is the delivery itself, higher ones are its duplicates. */
export const attemptSchema = z.object({
  event: webhookEventSchema,
  url: z.string(),
  at: z.number(),
  copy: z.number(),
  status: z.number().nullable(),
  error: z.string().nullable(),
  /** When the event happened; a call may have a second `call.billed`. */
  eventAt: z.number().optional(),
});

export type CallBirth = z.infer<typeof callBirthSchema>;
export type Intervention = z.infer<typeof interventionSchema>;
export type Attempt = z.infer<typeof attemptSchema>;

/** A call as the simulator keeps it. All that clients see is worked out from this and the time. */
export interface StoredCall extends CallBirth {
  readonly interventions: Intervention[];
  readonly attempts: Attempt[];
  /** When a client deleted it, in milliseconds since the epoch. */
  deletedAt: number | null;
}

/** The metadata of a call; empty if it was given none. */
export function metadataOf(call: CallBirth): Readonly<Record<string, string>> {
  return call.request.metadata ?? {};
}
