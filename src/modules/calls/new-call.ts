import { createHash } from 'node:crypto';
import { badInput } from '../../errors/domain-error.js';
import { newObjectId, type ObjectId } from '../../mongo/object-id.js';
import type { NewDocument } from '../../tenancy/tenant-repository.js';
import type { CallableAgent } from '../agents/agents.service.js';
import type { ProviderChoice } from '../ultravox/providers.js';
import type { CreateCallInput } from './create-call.input.js';
import type { CallDocument } from './call.schema.js';
import { fillPrompt, MOST_PROMPT_CHARACTERS } from './prompt-template.js';
import { storedTerms } from './search-terms.js';

/** Every call is led through the queue, which takes a moment even when nobody waits. */
const SHORTEST_WAIT_SECONDS = 1;

/** Who makes a call, in which words an idempotency key belongs to him. */
export interface CallCreator {
  readonly userId: ObjectId | null;
  readonly keyId: ObjectId | null;
  readonly owner: string;
}

/**
 * Makes the document of a call that has just been accepted.
 * @throws DomainError BAD_USER_INPUT naming the fields that do not fit together.
 */
export function newCall(
  input: CreateCallInput,
  agent: CallableAgent | null,
  creator: CallCreator,
  provider: ProviderChoice,
  now: Date,
): NewDocument<CallDocument> {
  const template = input.systemPrompt ?? agent?.systemPrompt;
  if (template === undefined) throw badInput({ 'input.systemPrompt': 'is required without agentId' });
  const variables = input.variables ?? {};
  const { prompt, missing } = fillPrompt(template, variables);
  if (prompt === null)
    throw badInput({ 'input.variables': `make the prompt longer than ${MOST_PROMPT_CHARACTERS} characters` });
  if (missing.length > 0) throw badInput({ 'input.variables': `has no value for ${missing.join(', ')}` });
  if (input.medium === 'PHONE' && !input.phoneNumber)
    throw badInput({ 'input.phoneNumber': 'is required for PHONE' });
  if (input.medium === 'WEB' && input.phoneNumber)
    throw badInput({ 'input.phoneNumber': 'goes with PHONE only' });
  const metadata = input.metadata ?? {};
  return {
    _id: newObjectId(),
    createdById: creator.userId,
    createdByKeyId: creator.keyId,
    status: 'QUEUED',
    medium: input.medium,
    agentId: agent?._id ?? null,
    agentVersion: agent?.version ?? null,
    systemPrompt: prompt,
    model: input.model ?? agent?.model ?? null,
    voice: input.voice ?? agent?.voice ?? null,
    languageHint: input.languageHint ?? agent?.languageHint ?? null,
    temperature: input.temperature ?? agent?.temperature ?? null,
    firstSpeaker: input.firstSpeaker ?? agent?.firstSpeaker ?? (input.medium === 'PHONE' ? 'USER' : 'AGENT'),
    recordingEnabled: input.recordingEnabled ?? agent?.recordingEnabled ?? true,
    maxDurationSeconds: input.maxDurationSeconds ?? agent?.maxDurationSeconds ?? 3600,
    phoneNumber: input.phoneNumber ?? null,
    variables,
    metadata,
    metadataPairs: metadataPairs(metadata),
    isSimulated: provider.isSimulated,
    provider: {
      baseUrl: provider.baseUrl,
      isOwnKey: provider.isOwnKey,
      callId: null,
      createdAt: null,
      joinUrl: null,
      attempts: 0,
      uncertainSince: null,
      lastAttemptAt: null,
      isUnique: false,
      billing: 'pending',
      billedSeconds: null,
    },
    idempotency: input.idempotencyKey
      ? { owner: creator.owner, key: input.idempotencyKey, fingerprint: fingerprintOf(input) }
      : null,
    createdAt: now,
    queuedUntil: new Date(
      now.getTime() + Math.max(SHORTEST_WAIT_SECONDS, input.maxQueueSeconds ?? 300) * 1000,
    ),
    joinedAt: null,
    endedAt: null,
    endReason: null,
    failure: null,
    billedSeconds: null,
    booked: null,
    summary: null,
    shortSummary: null,
    words: storedTerms(),
    settlement: {
      transcript: false,
      summary: 'pending',
      recording: 'pending',
      billing: false,
      billCheckedAt: null,
      deletion: false,
    },
    sequence: 1,
    lastEventAt: now,
    endRequestedAt: null,
    deletedAt: null,
    erasedAt: null,
  };
}

/** Metadata as an index can find it; a key may hold anything but NUL. */
export function metadataPairs(metadata: Readonly<Record<string, string>>): string[] {
  return Object.entries(metadata).map(([key, value]) => `${key}\u0000${value}`);
}

/**
 * Tells two inputs apart, whatever the order of their keys. Fields of the input that are left out and null count as the
 * same; inside of variables null is a value.
 */
export function fingerprintOf(input: CreateCallInput): string {
  const given = Object.fromEntries(Object.entries(input).filter(([, value]) => value !== null));
  return createHash('sha256').update(canonical(given)).digest('hex');
}

function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const entries = Object.entries(value)
    .filter(([, part]) => part !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, part]) => `${JSON.stringify(key)}:${canonical(part)}`).join(',')}}`;
}
