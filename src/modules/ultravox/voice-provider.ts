import type { Carrier } from '../../config/phone-carriers.js';
import type { Utterance } from '../../events/call-event.schema.js';

/** A call as the provider knows it. */
export interface ProviderCall {
  readonly providerCallId: string;
  /** Where a client joins; null for calls that the provider dials itself. A secret. */
  readonly joinUrl: string | null;
  readonly createdAt: Date;
  readonly joinedAt: Date | null;
  readonly endedAt: Date | null;
  /** The provider's own word; an unknown one is kept as it is. */
  readonly endReason: string | null;
  readonly billedSeconds: number | null;
  readonly isBillingFinal: boolean;
  /** Whether a bill was taken back. */
  readonly isRefunded: boolean;
  readonly summary: string | null;
  readonly shortSummary: string | null;
  readonly metadata: Readonly<Record<string, string>>;
}

/** What the provider is asked to call. */
export interface ProviderCallRequest {
  readonly systemPrompt: string;
  readonly model: string | null;
  readonly voice: string | null;
  readonly languageHint: string | null;
  readonly temperature: number | null;
  readonly firstSpeaker: 'AGENT' | 'USER';
  readonly maxDurationSeconds: number;
  readonly recordingEnabled: boolean;
  /** Whom the provider dials itself; null for a call that is joined from the web. */
  readonly phone: PhoneLine | null;
  readonly variables: Readonly<Record<string, unknown>>;
  /** Comes back in every answer and callback; holds our own id of the call. */
  readonly metadata: Readonly<Record<string, string>>;
  readonly callbacks: ProviderCallbacks;
}

/** How the provider dials somebody: through which of its account's carriers. */
export interface PhoneLine {
  readonly carrier: PhoneCarrier;
  /** E.164. */
  readonly to: string;
  /** E.164; the number that the call comes from, which the carrier must know. */
  readonly from: string;
}

export type PhoneCarrier =
  | { readonly kind: Carrier }
  /** A SIP trunk; numbers are dialled at its host. */
  | { readonly kind: 'sip'; readonly host: string; readonly username?: string; readonly password?: string };

/** How many calls the account has at a time, whoever made them, and how many it may have. */
export interface ProviderCapacity {
  readonly activeCalls: number;
  /** null: there is no fixed limit. */
  readonly allowedCalls: number | null;
}

/** What the account's bill says of the calls that were made on a day (UTC), whoever made them. */
export interface ProviderUsageDay {
  /** YYYY-MM-DD. */
  readonly day: string;
  readonly calls: number;
  readonly billedSeconds: number;
}

/** Where the provider sends its news, and the secret that it signs them with. */
export interface ProviderCallbacks {
  readonly webhookUrl: string;
  readonly dataConnectionUrl: string;
  readonly secret: string;
}

/** What can be said into a live call. */
export type ProviderMessage =
  | { readonly kind: 'userText'; readonly text: string; readonly isUrgent: boolean }
  | { readonly kind: 'agentSays'; readonly text: string; readonly isUrgent: boolean }
  | { readonly kind: 'hangUp' };

/** Why a request to the provider did not work. */
export type ProviderFault =
  /** Refused for good: the same request will not work later. */
  | 'rejected'
  /** There is no such call. */
  | 'unknown-call'
  /** The call is not live. */
  | 'not-live'
  /** Not there yet: ask again later. */
  | 'not-ready'
  /** Refused for now, or not even reached: certainly not carried out. */
  | 'busy'
  /** No answer: it may have been carried out or not. */
  | 'no-answer';

/** A request to the provider did not work. The message is for users: it says what they can do, and holds no secret. */
export class ProviderError extends Error {
  /** How long to wait before the next try, where that is known. */
  readonly retryAfterSeconds: number | null;
  /** Whether the provider gave no answer that makes sense, rather than a refusal. */
  readonly isOutage: boolean;

  constructor(
    readonly fault: ProviderFault,
    message: string,
    {
      retryAfterSeconds = null,
      isOutage = false,
      cause,
    }: { retryAfterSeconds?: number | null; isOutage?: boolean; cause?: unknown } = {},
  ) {
    super(message, { cause });
    this.name = 'ProviderError';
    this.retryAfterSeconds = retryAfterSeconds;
    this.isOutage = isOutage;
  }
}

/** The voice provider, as the calls module needs it. All methods throw ProviderError and nothing else. */
export interface VoiceProvider {
  /** Creates a call. On `no-answer` it may exist: look with {@link findCalls} before a second try. */
  createCall(request: ProviderCallRequest): Promise<ProviderCall>;
  /** The calls whose metadata has this value, oldest first. */
  findCalls(metadataKey: string, value: string): Promise<ProviderCall[]>;
  getCall(providerCallId: string): Promise<ProviderCall>;
  /** The whole conversation, in order. */
  getTranscript(providerCallId: string): Promise<Utterance[]>;
  /** The recording as a WAV file, piece by piece. @throws ProviderError `not-ready` while there is none (yet). */
  getRecording(providerCallId: string): AsyncIterable<Uint8Array>;
  /** How full the account is: which of its limits a `busy` meant, where it did not say. */
  capacity(): Promise<ProviderCapacity>;
  /** What the account has used from one day to another, both included (YYYY-MM-DD, UTC); days without calls may lack. */
  usage(from: string, to: string): Promise<ProviderUsageDay[]>;
  sendMessage(providerCallId: string, message: ProviderMessage): Promise<void>;
  /** Deletes a call with everything that belongs to it; one that is gone already counts as deleted. */
  deleteCall(providerCallId: string): Promise<void>;
}
