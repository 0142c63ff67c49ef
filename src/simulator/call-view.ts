import { billOf, type Bill } from './bill.js';
import { summaryOf } from './call-summary.js';
import { timelineOf, type Timeline } from './call-timeline.js';
import { msToDuration } from './duration.js';
import { findFault } from './faults.js';
import { dialsOut } from './medium-schema.js';
import { userSpeaksFirst } from './start-call-request.js';
import { metadataOf, type StoredCall } from './stored-call.js';

/** A JSON object as it goes out. */
export type Json = Record<string, unknown>;

/** The contract requires an agent of every call, those included that are made without one. */
const NO_AGENT = { agentId: '00000000-0000-4000-8000-000000000000', name: '' };

const UNKNOWN_FIELDS = { simulatorMood: 'curious', simulatorDepth: { levels: [1, { two: null }] } };

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
  const bill = billOf(call, now);
  const byUser = userSpeaksFirst(request);
  return {
    callId: call.callId,
    clientVersion: joined === null ? null : 'simulator_1',
    created: iso(call.createdAt),
    joined,
    ended,
    endReason: ended === null ? null : timeline.endReason,
    ...billing(bill),
    firstSpeaker: byUser ? 'FIRST_SPEAKER_USER' : 'FIRST_SPEAKER_AGENT',
    firstSpeakerSettings: request.firstSpeakerSettings ?? (byUser ? { user: {} } : { agent: {} }),
    initialOutputMedium: outputMedium(call),
    joinUrl: dialsOut(request.medium) ? null : `${baseUrl.replace(/^http/, 'ws')}/join/${call.callStageId}`,
    shortSummary: summed?.shortSummary ?? null,
    summary: summed?.summary ?? null,
    agent: NO_AGENT,
    agentId: null,
    experimentalSettings: request.experimentalSettings ?? null,
    metadata: metadataOf(call),
    initialState: request.initialState ?? {},
    requestContext: {},
    sipDetails: sipDetails(call, timeline, bill, now),
    ...settings(call),
    ...(findFault(call.faults, 'unknown-fields') === undefined ? {} : UNKNOWN_FIELDS),
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

function billing(bill: Bill | null): Json {
  return {
    billedDuration: bill === null ? null : msToDuration(bill.callSeconds * 1000),
    billedSideInputTokens: bill === null ? null : 0,
    billedSideOutputTokens: bill === null ? null : 0,
    billingStatus: bill?.status ?? 'BILLING_STATUS_PENDING',
  };
}

function sipDetails(
  call: StoredCall,
  { joinedAt, endedAt }: Timeline,
  bill: Bill | null,
  now: number,
): Json | null {
  const isSip = call.request.medium?.sip !== undefined || findFault(call.faults, 'sip-minutes') !== undefined;
  if (!isSip) return null;
  const outcome = joinedAt === null ? 'SIP_TERMINATION_TIMEOUT' : 'SIP_TERMINATION_NORMAL';
  const seconds = bill?.sipSeconds ?? null;
  return {
    billedDuration: seconds === null ? null : msToDuration(seconds * 1000),
    terminationReason: past(endedAt, now) === null ? null : outcome,
  };
}
