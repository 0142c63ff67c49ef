import { z } from 'zod';
import type { Utterance } from '../../events/call-event.schema.js';
import type {
  ProviderCall,
  ProviderCallRequest,
  ProviderCapacity,
  ProviderMessage,
} from './voice-provider.js';

const moment = z.string().transform((value, context) => {
  const date = new Date(value);
  if (Number.isNaN(date.getTime())) context.addIssue('is not a date-time');
  return date;
});

/** `"5.5s"` in seconds. */
const seconds = z
  .string()
  .regex(/^-?\d+(\.\d+)?s$/)
  .transform(value => Number(value.slice(0, -1)));

/** The parts of Ultravox's Call object that are used; unknown values and further fields are let through. */
const wireCall = z.object({
  callId: z.string().min(1).max(100),
  created: moment,
  joined: moment.nullish(),
  ended: moment.nullish(),
  endReason: z.string().nullish(),
  billedDuration: seconds.nullish().catch(null),
  billingStatus: z.string().nullish(),
  joinUrl: z.string().nullish(),
  summary: z.string().nullish(),
  shortSummary: z.string().nullish(),
  metadata: z.record(z.string(), z.string()).nullish().catch(null),
});

/** Reads a Call object. Null when it is not one. */
export function readCall(json: unknown): ProviderCall | null {
  const parsed = wireCall.safeParse(json);
  if (!parsed.success) return null;
  const call = parsed.data;
  return {
    providerCallId: call.callId,
    joinUrl: call.joinUrl ?? null,
    createdAt: call.created,
    joinedAt: call.joined ?? null,
    endedAt: call.ended ?? null,
    endReason: call.endReason ?? null,
    billedSeconds: call.billedDuration ?? null,
    isBillingFinal: call.billingStatus != null && call.billingStatus !== 'BILLING_STATUS_PENDING',
    isRefunded: call.billingStatus === 'BILLING_STATUS_REFUNDED',
    summary: call.summary ?? null,
    shortSummary: call.shortSummary ?? null,
    metadata: call.metadata ?? {},
  };
}

const wireAccount = z.object({
  activeCalls: z.number().int().min(0),
  allowedConcurrentCalls: z.number().int().min(0).nullish(),
});

/** Reads how full an account is. Null for what is no account. */
export function readCapacity(json: unknown): ProviderCapacity | null {
  const parsed = wireAccount.safeParse(json);
  if (!parsed.success) return null;
  const { activeCalls, allowedConcurrentCalls } = parsed.data;
  return { activeCalls, allowedCalls: allowedConcurrentCalls ?? null };
}

const wireMessage = z.object({
  role: z.string(),
  text: z.string().nullish(),
  medium: z.string().nullish(),
  toolName: z.string().nullish(),
  timespan: z.object({ start: seconds.nullish(), end: seconds.nullish() }).nullish().catch(null),
  wallClockTimespan: z.object({ start: seconds.nullish(), end: seconds.nullish() }).nullish().catch(null),
});

/** Reads one message as the utterance of this place in the conversation. Null for what is none. */
export function readUtterance(json: unknown, ordinal: number): Utterance | null {
  const parsed = wireMessage.safeParse(json);
  if (!parsed.success) return null;
  const { role, text, medium, toolName, timespan, wallClockTimespan } = parsed.data;
  const isTool = role.startsWith('MESSAGE_ROLE_TOOL');
  const span = wallClockTimespan ?? timespan;
  return {
    ordinal,
    speaker: isTool ? 'TOOL' : role === 'MESSAGE_ROLE_USER' ? 'USER' : 'AGENT',
    text: isTool && toolName ? `${toolName}: ${text ?? ''}` : (text ?? ''),
    medium: medium === 'MESSAGE_MEDIUM_TEXT' ? 'TEXT' : 'VOICE',
    startSeconds: span?.start ?? null,
    endSeconds: span?.end ?? null,
  };
}

/** The body of `POST /api/calls`. */
export function writeCallRequest(request: ProviderCallRequest): Record<string, unknown> {
  const { webhookUrl, dataConnectionUrl, secret } = request.callbacks;
  const callback = { url: webhookUrl, secrets: [secret] };
  return {
    systemPrompt: request.systemPrompt,
    ...(request.model === null ? {} : { model: request.model }),
    ...(request.voice === null ? {} : { voice: request.voice }),
    ...(request.languageHint === null ? {} : { languageHint: request.languageHint }),
    ...(request.temperature === null ? {} : { temperature: request.temperature }),
    firstSpeakerSettings: request.firstSpeaker === 'USER' ? { user: {} } : { agent: {} },
    maxDuration: `${request.maxDurationSeconds}s`,
    recordingEnabled: request.recordingEnabled,
    ...(request.phoneNumber === null
      ? {}
      : { medium: { twilio: { outgoing: { to: request.phoneNumber, from: request.callerId } } } }),
    initialState: request.variables,
    metadata: request.metadata,
    callbacks: { joined: callback, ended: callback, billed: callback },
    dataConnection: { websocketUrl: dataConnectionUrl },
    sharedSecrets: [secret],
  };
}

/** The body of `POST /api/calls/{id}/send_data_message`. */
export function writeMessage(message: ProviderMessage): Record<string, unknown> {
  switch (message.kind) {
    case 'userText':
      return {
        type: 'user_text_message',
        text: message.text,
        urgency: message.isUrgent ? 'immediate' : 'soon',
      };
    case 'agentSays':
      return {
        type: 'forced_agent_message',
        content: message.text,
        urgency: message.isUrgent ? 'immediate' : 'soon',
      };
    case 'hangUp':
      return { type: 'hang_up' };
  }
}
