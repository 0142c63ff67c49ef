import { summaryOf } from './call-summary.js';
import { timelineOf, type Timeline } from './call-timeline.js';
import { msToDuration } from './duration.js';
import { findFault } from './faults.js';
import { dialsOut } from './medium-schema.js';
import { userSpeaksFirst } from './start-call-request.js';
import { metadataOf, type StoredCall } from './stored-call.js';

/** A JSON object as it goes out. */
export type Json = Record<string, unknown>;

/** The provider's unit of billing. */
const BILLING_STEP_MS = 6000;

/**
 * The call as the provider shows it at a moment, with every key its contract requires.
 *
 * @param now milliseconds since the epoch; the past is shown as it was
 * @param baseUrl the simulator's own address, for the join URL
 */
export function callView(call: StoredCall, now: number, baseUrl: string): Json {
  const timeline = timelineOf(call);
  const { request } = call;
  const joined = past(timeline.joinedAt, now);
  const ended = past(timeline.endedAt, now);
  const summed = past(timeline.summaryAt, now) === null ? null : summaryOf(call);
  const byUser = userSpeaksFirst(request);
  return {
    callId: call.callId,
    clientVersion: joined === null ? null : 'simulator_1',
    created: iso(call.createdAt),
    joined,
    ended,
    endReason: ended === null ? null : timeline.endReason,
    ...billing(call, timeline, now),
    firstSpeaker: byUser ? 'FIRST_SPEAKER_USER' : 'FIRST_SPEAKER_AGENT',
    firstSpeakerSettings: request.firstSpeakerSettings ?? (byUser ? { user: {} } : { agent: {} }),
    initialOutputMedium: outputMedium(call),
    joinUrl: dialsOut(request.medium) ? null : `${baseUrl.replace(/^http/, 'ws')}/join/${call.callStageId}`,
    shortSummary: summed?.shortSummary ?? null,
    summary: summed?.summary ?? null,
    agent: null,
    agentId: null,
    experimentalSettings: request.experimentalSettings ?? null,
    metadata: metadataOf(call),
    initialState: request.initialState ?? {},
    requestContext: {},
    sipDetails: sipDetails(call, timeline, now),
    ...settings(call),
  };
}

/** The medium in which the agent speaks in this call. */
export function outputMedium(call: StoredCall): 'MESSAGE_MEDIUM_TEXT' | 'MESSAGE_MEDIUM_VOICE' {
  const asked = call.request.initialOutputMedium;
  return asked === 'MESSAGE_MEDIUM_TEXT' ? 'MESSAGE_MEDIUM_TEXT' : 'MESSAGE_MEDIUM_VOICE';
}

/** An ISO 8601 date-time. */
export function iso(ms: number): string {
  return new Date(ms).toISOString();
}

/** The date-time of a moment that is reached; null if it lies ahead or never comes. */
export function past(at: number | null, now: number): string | null {
  return at !== null && at <= now ? iso(at) : null;
}

function settings({ request }: StoredCall): Json {
  const policies = {
    CALL_RETENTION_POLICY_RETAIN: 'retain',
    CALL_RETENTION_POLICY_AUTO_DELETE: 'auto_delete',
    CALL_RETENTION_POLICY_UNSPECIFIED: null,
  };
  return {
    inactivityMessages: request.inactivityMessages ?? [],
    joinTimeout: request.joinTimeout ?? '30s',
    languageHint: request.languageHint ?? null,
    maxDuration: request.maxDuration ?? '3600s',
    medium: request.medium ?? { webRtc: {} },
    model: request.model ?? 'ultravox-v0.7',
    recordingEnabled: request.recordingEnabled ?? false,
    retentionPolicy: policies[request.retentionPolicy ?? 'CALL_RETENTION_POLICY_UNSPECIFIED'],
    systemPrompt: request.systemPrompt ?? null,
    temperature: request.temperature ?? 0,
    timeExceededMessage: request.timeExceededMessage ?? null,
    voice: request.voice ?? null,
    externalVoice: request.externalVoice,
    voiceOverrides: request.voiceOverrides,
    transcriptOptional: request.transcriptOptional ?? true,
    vadSettings: request.vadSettings ?? null,
    dataConnectionConfig: request.dataConnection,
    callbacks: request.callbacks,
  };
}

function billing(call: StoredCall, { joinedAt, endedAt, endReason, billedAt }: Timeline, now: number): Json {
  if (past(billedAt, now) === null) {
    return {
      billedDuration: null,
      billedSideInputTokens: null,
      billedSideOutputTokens: null,
      billingStatus: 'BILLING_STATUS_PENDING',
    };
  }
  const free =
    joinedAt === null
      ? 'BILLING_STATUS_FREE_ZERO_EFFECTIVE_DURATION'
      : endReason === 'system_error'
        ? 'BILLING_STATUS_FREE_SYSTEM_ERROR'
        : null;
  const steps = joinedAt === null || free !== null ? 0 : Math.ceil((endedAt - joinedAt) / BILLING_STEP_MS);
  return {
    billedDuration: msToDuration(steps * BILLING_STEP_MS),
    billedSideInputTokens: 0,
    billedSideOutputTokens: 0,
    billingStatus: findFault(call.faults, 'billing-status')?.status ?? free ?? 'BILLING_STATUS_BILLED',
  };
}

function sipDetails(call: StoredCall, { joinedAt, endedAt, billedAt }: Timeline, now: number): Json | null {
  if (call.request.medium?.sip === undefined) return null;
  const billed = past(billedAt, now) !== null;
  const length = endedAt - (joinedAt ?? endedAt);
  const outcome = joinedAt === null ? 'SIP_TERMINATION_TIMEOUT' : 'SIP_TERMINATION_NORMAL';
  return {
    billedDuration: billed ? msToDuration(Math.ceil(length / BILLING_STEP_MS) * BILLING_STEP_MS) : null,
    terminationReason: past(endedAt, now) === null ? null : outcome,
  };
}
