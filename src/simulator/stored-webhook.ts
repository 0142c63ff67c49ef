import { z } from 'zod';
import { webhookEventSchema } from './faults.js';

/** A webhook of the whole account as it is kept; times in milliseconds since the epoch. */
export const storedWebhookSchema = z.object({
  webhookId: z.string(),
  agentId: z.string().nullable(),
  createdAt: z.number(),
  url: z.string(),
  secrets: z.array(z.string()),
  events: z.array(webhookEventSchema),
  isHealthy: z.boolean(),
  statusChangedAt: z.number().nullable(),
  failures: z.array(z.object({ at: z.number(), failure: z.string() })),
  removedAt: z.number().nullable(),
});

export type StoredWebhook = z.infer<typeof storedWebhookSchema>;
