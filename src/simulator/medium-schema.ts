import { z } from 'zod';
import { DURATION_PATTERN } from './duration.js';

/** A duration string such as `"5.5s"`. */
export const durationSchema = z.string().regex(DURATION_PATTERN, 'Not a valid duration, such as "5.5s".');

/** Which data messages the server sends over a connection. */
export const enabledDataMessagesSchema = z.strictObject({
  pong: z.boolean().optional(),
  state: z.boolean().optional(),
  transcript: z.boolean().optional(),
  clientToolInvocation: z.boolean().optional(),
  dataConnectionToolInvocation: z.boolean().optional(),
  playbackClearBuffer: z.boolean().optional(),
  callStarted: z.boolean().optional(),
  debug: z.boolean().optional(),
  callEvent: z.boolean().optional(),
  toolUsed: z.boolean().optional(),
  userStartedSpeaking: z.boolean().optional(),
  userStoppedSpeaking: z.boolean().optional(),
  invokingTool: z.boolean().optional(),
});

const dtmfHandling = z.strictObject({
  ignore: z.boolean().optional(),
  userTextMessage: z.strictObject({ text: z.string().optional(), urgency: z.string().optional() }).optional(),
});

const phone = z.strictObject({
  outgoing: z
    .strictObject({
      to: z.string().min(1),
      from: z.string().min(1),
      additionalParams: z.record(z.string(), z.unknown()).optional(),
    })
    .optional(),
  dtmfHandling: dtmfHandling.optional(),
});

const serverWebSocket = z.strictObject({
  inputSampleRate: z.number().int().positive(),
  outputSampleRate: z.number().int().positive().optional(),
  clientBufferSizeMs: z.number().int().positive().optional(),
  dataMessages: enabledDataMessagesSchema.optional(),
  mediaIdleTimeout: durationSchema.optional(),
});

const sip = z
  .strictObject({
    incoming: z.strictObject({}).optional(),
    outgoing: z
      .strictObject({
        to: z.string().regex(/^sips?:/, 'Must be a SIP URI.'),
        from: z.string().min(1),
        username: z.string().optional(),
        password: z.string().optional(),
      })
      .optional(),
  })
  .refine(value => Object.keys(value).length === 1, 'Exactly one of incoming or outgoing must be set.');

/** How audio reaches the call; at most one kind may be set. */
export const mediumSchema = z
  .strictObject({
    webRtc: z.strictObject({ dataMessages: enabledDataMessagesSchema.optional() }).optional(),
    twilio: phone.optional(),
    telnyx: phone.optional(),
    plivo: phone.optional(),
    exotel: z.strictObject({ dtmfHandling: dtmfHandling.optional() }).optional(),
    serverWebSocket: serverWebSocket.optional(),
    sip: sip.optional(),
  })
  .refine(value => Object.keys(value).length <= 1, 'At most one medium may be set.');

export type Medium = z.infer<typeof mediumSchema>;

/** Whether the provider dials the called party itself; such a call has no join URL. */
export function dialsOut(medium: Medium | undefined): boolean {
  const kinds = [medium?.twilio, medium?.telnyx, medium?.plivo, medium?.sip];
  return kinds.some(kind => kind?.outgoing !== undefined);
}
