import type { CallDesk } from './call-desk.js';
import { callFilter, sortedCalls } from './call-filters.js';
import { deletionOf } from './call-timeline.js';
import { callView } from './call-view.js';
import { createCall, type CreationSettings } from './create-call.js';
import { incomingSteeringSchema } from './data-message.js';
import type { FaultRegistry } from './fault-registry.js';
import { findFault } from './faults.js';
import { HttpFailure, type Reply } from './http-reply.js';
import { checked, param, type ApiRequest } from './http-request.js';
import { lastStage, messagesView } from './message-view.js';
import { messageKey, page } from './page.js';
import type { Route } from './router.js';

/** The routes under `/api/calls`, the recording aside. */
export function callsRoutes(desk: CallDesk, faults: FaultRegistry, settings: CreationSettings): Route[] {
  const view = (request: ApiRequest): Reply => {
    const call = desk.get(param(request, 'id'));
    return { status: 200, json: callView(call, desk.clock.now(), settings.baseUrl()) };
  };
  return [
    { method: 'POST', path: '/api/calls', handle: request => createCall(request, desk, faults, settings) },
    { method: 'GET', path: '/api/calls', handle: request => list(request, desk, settings.baseUrl()) },
    { method: 'GET', path: '/api/calls/:id', handle: view },
    { method: 'DELETE', path: '/api/calls/:id', handle: request => remove(request, desk) },
    { method: 'GET', path: '/api/calls/:id/messages', handle: request => messages(request, desk) },
    { method: 'POST', path: '/api/calls/:id/send_data_message', handle: request => send(request, desk) },
  ];
}

function list({ url }: ApiRequest, desk: CallDesk, baseUrl: string): Reply {
  const now = desk.clock.now();
  const fits = callFilter(url.searchParams);
  const found = desk.store.all().filter(call => {
    const hidden = findFault(call.faults, 'list-late')?.delayMs ?? 0;
    return call.createdAt + hidden <= now && deletionOf(call, now) === null && fits(call);
  });
  const ordered = sortedCalls(found, url.searchParams.get('sort'));
  return {
    status: 200,
    json: page(
      url,
      ordered,
      call => call.callId,
      call => callView(call, now, baseUrl),
    ),
  };
}

async function remove(request: ApiRequest, desk: CallDesk): Promise<Reply> {
  await desk.delete(desk.get(param(request, 'id')));
  return { status: 204 };
}

function messages(request: ApiRequest, desk: CallDesk): Reply {
  const call = desk.get(param(request, 'id'));
  const mode = request.url.searchParams.get('mode') ?? 'last_stage';
  if (mode !== 'last_stage' && mode !== 'in_call') {
    throw new HttpFailure(400, { mode: [`"${mode}" is not a valid choice.`] });
  }
  const now = desk.clock.now();
  const all = messagesView(call, now, mode === 'in_call' ? mode : lastStage(call, now));
  return { status: 200, json: page(request.url, all, messageKey, message => message) };
}

async function send(request: ApiRequest, desk: CallDesk): Promise<Reply> {
  const call = desk.get(param(request, 'id'));
  await desk.steer(call, checked(incomingSteeringSchema, await request.json()));
  return { status: 204 };
}
