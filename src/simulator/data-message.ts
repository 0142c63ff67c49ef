import { z } from 'zod';

const userText = z.object({
  type: z.literal('user_text_message'),
  text: z.string().min(1),
  urgency: z.enum(['immediate', 'soon', 'later']).default('soon'),
});
const forcedAgent = z.object({
  type: z.literal('forced_agent_message'),
  content: z.string().default(''),
  urgency: z.enum(['immediate', 'soon']).default('soon'),
});
const hangUp = z.object({ type: z.literal('hang_up'), message: z.string().default('') });

/** A message that steers a live call, as it is kept with the call. */
export const steeringMessageSchema = z.discriminatedUnion('type', [userText, forcedAgent, hangUp]);

export type SteeringMessage = z.infer<typeof steeringMessageSchema>;

/** The older name that the provider's JavaScript client still sends; it becomes a `user_text_message`. */
const legacyText = z
  .object({
    type: z.literal('input_text_message'),
    text: z.string().min(1),
    deferResponse: z.boolean().default(false),
  })
  .transform(({ text, deferResponse }): SteeringMessage => ({
    type: 'user_text_message',
    text,
    urgency: deferResponse ? 'later' : 'soon',
  }));

/** What clients may send to steer a call, over REST and over the data connection. */
export const incomingSteeringSchema = z.union([steeringMessageSchema, legacyText]);
