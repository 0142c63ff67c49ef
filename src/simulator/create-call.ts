import { setTimeout as sleep } from 'node:timers/promises';
import type { AccountLimits } from './account-limits.js';
import type { CallDesk } from './call-desk.js';
import { callView } from './call-view.js';
import { scriptFor, type ConversationScript } from './conversation-script.js';
import type { FaultRegistry } from './fault-registry.js';
import type { FaultOf } from './faults.js';
import { HttpFailure, type Reply } from './http-reply.js';
import { checked, type ApiRequest } from './http-request.js';
import { lastStage, messagesView } from './message-view.js';
import type { Pace } from './pace.js';
import { startCallRequestSchema, type StartCallRequest } from './start-call-request.js';

/** What the creation of calls needs to know. */
export interface CreationSettings {
  readonly pace: Pace;
  readonly limits: AccountLimits;
  /** The conversations that calls may have instead of made-up ones. */
  readonly scripts: readonly ConversationScript[];
  /** Makes the ids of calls. */
  readonly newId: () => string;
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
  settings.limits.creation(desk.clock.now(), desk.activeCount());
  const script = scriptFor(settings.scripts, metadata);
  const call = await desk.open({
    callId: settings.newId(),
    callStageId: settings.newId(),
    createdAt: desk.clock.now(),
    request: body,
    pace: settings.pace,
    faults: [...faults.takeForLife(metadata), ...(script?.faults ?? [])],
    ...(script === undefined ? {} : { script }),
  });
  if (faults.takeForCreation('create-after-started', metadata) !== undefined) {
    await desk.untilTold(call, 'call.started');
  }
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
  const now = desk.clock.now();
  const initialMessages = messagesView(prior, now, lastStage(prior, now)).map(({ role, text, medium }) => ({
    role,
    text,
    medium,
  }));
  return checked(startCallRequestSchema, { ...prior.request, ...body, initialMessages });
}
