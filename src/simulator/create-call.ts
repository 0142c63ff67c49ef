import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { CallDesk } from './call-desk.js';
import { callView } from './call-view.js';
import type { FaultRegistry } from './fault-registry.js';
import type { FaultOf } from './faults.js';
import { HttpFailure, type Reply } from './http-reply.js';
import { checked, type ApiRequest } from './http-request.js';
import { messagesView } from './message-view.js';
import type { Pace } from './pace.js';
import { startCallRequestSchema, type StartCallRequest } from './start-call-request.js';

/** What the creation of calls needs to know. */
export interface CreationSettings {
  readonly pace: Pace;
  /** The most calls that may be unfinished at a time; null is no limit. */
  readonly allowedConcurrentCalls: number | null;
  readonly baseUrl: () => string;
}

/** Answers `POST /api/calls`, with the faults that hit it. */
export async function createCall(
  request: ApiRequest,
  desk: CallDesk,
  faults: FaultRegistry,
  settings: CreationSettings,
): Promise<Reply> {
  const body = inherited(
    checked(startCallRequestSchema, await request.json()),
    request.url.searchParams,
    desk,
  );
  const metadata = body.metadata ?? {};
  if (faults.takeForCreation('create-reset-before', metadata) !== undefined) return 'reset';
  const refusal = faults.takeForCreation('create-error', metadata);
  if (refusal !== undefined) throw refusalOf(refusal, desk.clock.now());
  const cap = settings.allowedConcurrentCalls;
  if (cap !== null && desk.activeCount() >= cap) {
    throw new HttpFailure(429, { detail: 'Too many concurrent calls.' }, { 'Retry-After': '1' });
  }
  const call = await desk.open({
    callId: randomUUID(),
    callStageId: randomUUID(),
    createdAt: desk.clock.now(),
    request: body,
    pace: settings.pace,
    faults: faults.takeForLife(metadata),
  });
  if (faults.takeForCreation('create-reset-after', metadata) !== undefined) return 'reset';
  const delay = faults.takeForCreation('create-delay', metadata);
  if (delay !== undefined) await sleep(delay.delayMs, undefined, { ref: false });
  return { status: 201, json: callView(call, desk.clock.now(), settings.baseUrl()) };
}

/** The error that a fault asks for. */
export function refusalOf(fault: FaultOf<'create-error' | 'request-error'>, now: number): HttpFailure {
  const headers: Record<string, string> = {};
  if (fault.retryAfterSeconds !== undefined) headers['Retry-After'] = String(fault.retryAfterSeconds);
  if (fault.retryAfterDateSeconds !== undefined) {
    headers['Retry-After'] = new Date(now + fault.retryAfterDateSeconds * 1000).toUTCString();
  }
  return new HttpFailure(
    fault.status,
    fault.body ?? { detail: 'Refused by a fault of the simulator.' },
    headers,
  );
}

/** A call that continues a prior one takes over its properties, and its messages as initial ones. */
function inherited(body: StartCallRequest, query: URLSearchParams, desk: CallDesk): StartCallRequest {
  const priorCallId = query.get('priorCallId');
  if (priorCallId === null) return body;
  if (body.initialMessages !== undefined) {
    throw new HttpFailure(400, { initialMessages: ['Not allowed together with priorCallId.'] });
  }
  const prior = desk.store.find(priorCallId);
  if (prior === undefined) throw new HttpFailure(400, { priorCallId: ['Unknown call.'] });
  const initialMessages = messagesView(prior, desk.clock.now(), 'last_stage').map(
    ({ role, text, medium }) => ({
      role,
      text,
      medium,
    }),
  );
  return checked(startCallRequestSchema, { ...prior.request, ...body, initialMessages });
}
