import { z } from 'zod';
import { durationSchema, enabledDataMessagesSchema, mediumSchema } from './medium-schema.js';

const anyObject = z.record(z.string(), z.unknown());
const httpUrl = z.url({ protocol: /^https?$/, error: 'Enter a valid URL.' });

const callbackSchema = z.strictObject({ url: httpUrl, secrets: z.array(z.string().min(1)).optional() });

const messageSchema = z.strictObject({
  role: z.enum([
    'MESSAGE_ROLE_USER',
    'MESSAGE_ROLE_AGENT',
    'MESSAGE_ROLE_TOOL_CALL',
    'MESSAGE_ROLE_TOOL_RESULT',
  ]),
  text: z.string().optional(),
  invocationId: z.string().optional(),
  toolName: z.string().optional(),
  medium: z.enum(['MESSAGE_MEDIUM_VOICE', 'MESSAGE_MEDIUM_TEXT']).optional(),
  metadata: anyObject.optional(),
});

const timedMessageSchema = z.strictObject({
  duration: durationSchema,
  message: z.string(),
  endBehavior: z
    .enum(['END_BEHAVIOR_UNSPECIFIED', 'END_BEHAVIOR_HANG_UP_SOFT', 'END_BEHAVIOR_HANG_UP_STRICT'])
    .optional(),
});

const greeting = {
  text: z.string().optional(),
  prompt: z.string().optional(),
  delay: durationSchema.optional(),
};

const firstSpeakerSettingsSchema = z
  .strictObject({
    agent: z.strictObject({ ...greeting, uninterruptible: z.boolean().optional() }).optional(),
    user: z.strictObject({ fallback: z.strictObject(greeting).optional() }).optional(),
  })
  .refine(value => Object.keys(value).length === 1, 'Exactly one of agent or user must be set.');

const vadSettingsSchema = z.strictObject({
  turnEndpointDelay: durationSchema.optional(),
  minimumTurnDuration: durationSchema.optional(),
  minimumInterruptionDuration: durationSchema.optional(),
  frameActivationThreshold: z.number().min(0.1).max(1).optional(),
});

const metadataSchema = z
  .record(z.string(), z.string('Metadata values must be strings.'))
  .refine(
    value => !Object.keys(value).some(key => key.startsWith('ultravox.')),
    'Keys may not start with "ultravox.".',
  );

const dataConnectionSchema = z.strictObject({
  websocketUrl: z.url({ protocol: /^wss?$/, error: 'Enter a valid WebSocket URL.' }),
  audioConfig: z
    .strictObject({
      sampleRate: z.number().int().positive().optional(),
      channelMode: z
        .enum(['CHANNEL_MODE_UNSPECIFIED', 'CHANNEL_MODE_MIXED', 'CHANNEL_MODE_SEPARATED'])
        .optional(),
    })
    .optional(),
  dataMessages: enabledDataMessagesSchema.optional(),
  headers: z.record(z.string(), z.string()).optional(),
});

/** The body of a call's creation. What is not named here, or does not fit, is refused. */
export const startCallRequestSchema = z
  .strictObject({
    systemPrompt: z.string().optional(),
    temperature: z.number().min(0).max(1).optional(),
    model: z.string().min(1).optional(),
    voice: z.string().min(1).optional(),
    externalVoice: anyObject.optional(),
    voiceOverrides: anyObject.optional(),
    languageHint: z.string().max(16).optional(),
    initialMessages: z.array(messageSchema).optional(),
    joinTimeout: durationSchema.optional(),
    maxDuration: durationSchema.optional(),
    timeExceededMessage: z.string().optional(),
    inactivityMessages: z.array(timedMessageSchema).optional(),
    selectedTools: z.array(anyObject).optional(),
    medium: mediumSchema.optional(),
    recordingEnabled: z.boolean().optional(),
    transcriptOptional: z.boolean().optional(),
    initialOutputMedium: z
      .enum(['MESSAGE_MEDIUM_UNSPECIFIED', 'MESSAGE_MEDIUM_VOICE', 'MESSAGE_MEDIUM_TEXT'])
      .optional(),
    vadSettings: vadSettingsSchema.optional(),
    firstSpeakerSettings: firstSpeakerSettingsSchema.optional(),
    firstSpeaker: z
      .enum(['FIRST_SPEAKER_UNSPECIFIED', 'FIRST_SPEAKER_AGENT', 'FIRST_SPEAKER_USER'])
      .optional(),
    experimentalSettings: anyObject.optional(),
    metadata: metadataSchema.optional(),
    initialState: anyObject.optional(),
    dataConnection: dataConnectionSchema.optional(),
    callbacks: z
      .strictObject({
        joined: callbackSchema.optional(),
        ended: callbackSchema.optional(),
        billed: callbackSchema.optional(),
      })
      .optional(),
    retentionPolicy: z
      .enum([
        'CALL_RETENTION_POLICY_UNSPECIFIED',
        'CALL_RETENTION_POLICY_RETAIN',
        'CALL_RETENTION_POLICY_AUTO_DELETE',
      ])
      .optional(),
    sharedSecrets: z.array(z.string().min(16).max(127)).optional(),
  })
  .superRefine((request, context) => {
    const refuse = (field: string, message: string): void =>
      context.addIssue({ code: 'custom', path: [field], message });
    if (request.voice !== undefined && request.externalVoice !== undefined) {
      refuse('externalVoice', 'Only one of voice and externalVoice may be set.');
    }
    if (request.voiceOverrides !== undefined && request.voice === undefined) {
      refuse('voiceOverrides', 'Only valid when voice is set.');
    }
    const named = request.firstSpeaker;
    if (named === 'FIRST_SPEAKER_AGENT' && request.firstSpeakerSettings?.user !== undefined) {
      refuse('firstSpeaker', 'Must match firstSpeakerSettings.');
    }
    if (named === 'FIRST_SPEAKER_USER' && request.firstSpeakerSettings?.agent !== undefined) {
      refuse('firstSpeaker', 'Must match firstSpeakerSettings.');
    }
  });

export type StartCallRequest = z.infer<typeof startCallRequestSchema>;

/** Whether the caller rather than the agent speaks first. */
export function userSpeaksFirst(request: StartCallRequest): boolean {
  return request.firstSpeakerSettings === undefined
    ? request.firstSpeaker === 'FIRST_SPEAKER_USER'
    : request.firstSpeakerSettings.user !== undefined;
}
