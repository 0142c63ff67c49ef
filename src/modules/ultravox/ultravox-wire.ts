import { z } from 'zod';
import type { Utterance } from '../../events/call-event.schema.js';
import type { components } from './openapi.d.mts';
import type {
  PhoneLine,
  ProviderCall,
  ProviderCallRequest,
  ProviderCapacity,
  ProviderMessage,
  ProviderUsageDay,
} from './voice-provider.js';

type Schemas = components['schemas'];

/**
 * The parts of a shape of the API that are read. A name or type that the API's description does not have is an error
 * when this is compiled; when it runs, unknown values and further fields are let through.
 */
const reads =
  <Wire>() =>
  <Shape extends Record<string, z.ZodType>>(
    shape: Shape & {
      [Name in keyof Shape]: Name extends keyof Wire
        ? Wire[Name] extends z.input<Shape[Name]>
          ? Shape[Name]
          : never
        : never;
    },
  ) =>
    z.object<Shape>(shape);

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

const wireCall = reads<Schemas['Call']>()({
  // It becomes part of addresses.
  callId: z.string().regex(/^[\w-]{1,100}$/),
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
    // What is free may have a duration all the same.
    billedSeconds: call.billingStatus?.startsWith('BILLING_STATUS_FREE_') ? 0 : (call.billedDuration ?? null),
    isBillingFinal: call.billingStatus != null && call.billingStatus !== 'BILLING_STATUS_PENDING',
    isRefunded: call.billingStatus === 'BILLING_STATUS_REFUNDED',
    summary: call.summary ?? null,
    shortSummary: call.shortSummary ?? null,
    metadata: call.metadata ?? {},
  };
}

const wireAccount = reads<Schemas['Account']>()({
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

const wireUsage = reads<Schemas['CallUsage']>()({
  daily: z.array(
    reads<Schemas['DailyCallStatistics']>()({
      date: z.string(),
      totalCount: z.number(),
      billedMinutes: z.number(),
    }),
  ),
});

/** Reads an account's usage by day. Null for what is none. */
export function readUsage(json: unknown): ProviderUsageDay[] | null {
  const parsed = wireUsage.safeParse(json);
  if (!parsed.success) return null;
  return parsed.data.daily.map(({ date, totalCount, billedMinutes }) => ({
    day: date.slice(0, 10),
    calls: totalCount,
    // Minutes come in tenths; whatever is beyond that comes of counting in binary.
    billedSeconds: Math.round(billedMinutes * 10) * 6,
  }));
}

const wirePage = reads<Omit<Schemas['PaginatedCallList'], 'results'> & { results: unknown[] }>()({
  results: z.array(z.unknown()),
  next: z.string().nullish(),
});

/** Reads a page of any list: its items, and the cursor of the next page, which is null on the last. */
export function readPage(json: unknown): { results: unknown[]; nextCursor: string | null } | null {
  const parsed = wirePage.safeParse(json);
  if (!parsed.success) return null;
  const { results, next } = parsed.data;
  const url = next != null && URL.canParse(next, 'http://any') ? new URL(next, 'http://any') : null;
  return { results, nextCursor: url?.searchParams.get('cursor') ?? null };
}

const wireSpan = reads<Schemas['ultravox.v1.InCallTimespan']>()({
  start: seconds.nullish(),
  end: seconds.nullish(),
});

const wireMessage = reads<Schemas['ultravox.v1.Message']>()({
  role: z.string().optional(),
  text: z.string().nullish(),
  medium: z.string().nullish(),
  toolName: z.string().nullish(),
  timespan: wireSpan.nullish().catch(null),
  wallClockTimespan: wireSpan.nullish().catch(null),
});

/** Reads one message as the utterance of this place in the conversation. Null for what is none. */
export function readUtterance(json: unknown, ordinal: number): Utterance | null {
  const parsed = wireMessage.safeParse(json);
  if (!parsed.success) return null;
  const { role = '', text, medium, toolName, timespan, wallClockTimespan } = parsed.data;
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
export function writeCallRequest(request: ProviderCallRequest): Schemas['ultravox.v1.StartCallRequest'] {
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
    ...(request.phone === null ? {} : { medium: writeMedium(request.phone) }),
    initialState: request.variables,
    metadata: writeMetadata(request.metadata),
    callbacks: { joined: callback, ended: callback, billed: callback },
    dataConnection: { websocketUrl: dataConnectionUrl },
    sharedSecrets: [secret],
  };
}

function writeMedium({ carrier, to, from }: PhoneLine): Schemas['ultravox.v1.CallMedium'] {
  if (carrier.kind !== 'sip') return { [carrier.kind]: { outgoing: { to, from } } };
  const { host, username, password } = carrier;
  const at = (number: string) => `sip:${number}@${host}`;
  return {
    sip: {
      outgoing: {
        to: at(to),
        from: at(from),
        ...(username === undefined ? {} : { username }),
        ...(password === undefined ? {} : { password }),
      },
    },
  };
}

/** The provider keeps names that begin with its own for itself; they stay here. */
const writeMetadata = (metadata: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(metadata).filter(([name]) => !name.startsWith('ultravox.')));

/** The API's description names only the type of a data message; the rest is documented beside it. */
type DataMessage = Schemas['SendCallDataMessage'] & Readonly<Record<string, string>>;

/** The body of `POST /api/calls/{id}/send_data_message`. */
export function writeMessage(message: ProviderMessage): DataMessage {
  switch (message.kind) {
    case 'userText':
      return { type: 'user_text_message', text: message.text, urgency: urgencyOf(message) };
    case 'agentSays':
      return { type: 'forced_agent_message', content: message.text, urgency: urgencyOf(message) };
    case 'hangUp':
      return { type: 'hang_up' };
  }
}

const urgencyOf = ({ isUrgent }: { readonly isUrgent: boolean }): string => (isUrgent ? 'immediate' : 'soon');
