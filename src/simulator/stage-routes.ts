import { randomUUID } from 'node:crypto';
import type { CallDesk } from './call-desk.js';
import { timelineOf } from './call-timeline.js';
import { iso, type Json } from './call-view.js';
import { msToDuration } from './duration.js';
import { findFault } from './faults.js';
import { HttpFailure, type Reply } from './http-reply.js';
import { param, type ApiRequest } from './http-request.js';
import { messagesView, stagesOf } from './message-view.js';
import { messageKey, page } from './page.js';
import type { Route } from './router.js';
import type { StoredCall } from './stored-call.js';

const SEVERITIES = ['debug', 'info', 'warning', 'error'];

/** The routes of a call's stages, tools and events. */
export function stageRoutes(desk: CallDesk): Route[] {
  const stage = (request: ApiRequest) => {
    const call = desk.get(param(request, 'id'));
    const found = stagesOf(call, desk.clock.now()).find(one => one.callStageId === param(request, 'stage'));
    if (found === undefined) throw HttpFailure.notFound();
    return { call, ...found };
  };
  const path = '/api/calls/:id/stages/:stage';
  return [
    { method: 'GET', path: '/api/calls/:id/stages', handle: request => stages(request, desk) },
    { method: 'GET', path, handle: request => ({ status: 200, json: stageView(stage(request)) }) },
    {
      method: 'GET',
      path: `${path}/messages`,
      handle: request => {
        const { call, stage: number } = stage(request);
        const messages = messagesView(call, desk.clock.now(), number);
        return { status: 200, json: page(request.url, messages, messageKey, message => message) };
      },
    },
    { method: 'GET', path: `${path}/tools`, handle: request => tools(stage(request).call) },
    {
      method: 'GET',
      path: '/api/calls/:id/tools',
      handle: request => tools(desk.get(param(request, 'id'))),
    },
    { method: 'GET', path: '/api/calls/:id/events', handle: request => events(request, desk) },
  ];
}

function stages(request: ApiRequest, desk: CallDesk): Reply {
  const call = desk.get(param(request, 'id'));
  const all = stagesOf(call, desk.clock.now()).map(stage => ({ call, ...stage }));
  return { status: 200, json: page(request.url, all, ({ callStageId }) => callStageId, stageView) };
}

function stageView(of: { call: StoredCall; callStageId: string; at: number; stage: number }): Json {
  const { request, script } = of.call;
  const changes = script?.turns.flatMap(turn => ('stage' in turn ? [turn.stage] : [])) ?? [];
  const prompt = changes[of.stage - 1]?.systemPrompt;
  return {
    callId: of.call.callId,
    callStageId: of.callStageId,
    created: iso(of.at),
    inactivityMessages: request.inactivityMessages ?? [],
    languageHint: request.languageHint ?? null,
    model: request.model ?? 'ultravox-v0.7',
    systemPrompt: prompt ?? request.systemPrompt ?? null,
    temperature: request.temperature ?? 0,
    timeExceededMessage: request.timeExceededMessage ?? null,
    voice: request.voice ?? null,
    initialTokenCount: null,
    latestTokenCount: null,
    errorCount: 0,
    experimentalSettings: request.experimentalSettings ?? null,
    initialState: request.initialState ?? {},
  };
}

/** The tools that a call's script uses. */
function tools({ script }: StoredCall): Reply {
  const names = new Set(script?.turns.flatMap(turn => ('tool' in turn ? [turn.tool] : [])));
  const json = [...names].map(name => ({
    callToolId: randomUUID(),
    toolId: null,
    name,
    definition: { description: 'A tool of the script.', http: {} },
  }));
  return { status: 200, json };
}

/** What is worth a warning: that the data connection was refused, or is lost. */
function events(request: ApiRequest, desk: CallDesk): Reply {
  const call = desk.get(param(request, 'id'));
  const least = SEVERITIES.indexOf(request.url.searchParams.get('minimum_severity') ?? 'info');
  if (least === -1) throw new HttpFailure(400, { minimum_severity: ['Not a valid choice.'] });
  const type = request.url.searchParams.get('type');
  const shown = eventsOf(call, desk.clock.now()).filter(
    event => SEVERITIES.indexOf(event.severity) >= least && (type === null || type === event.type),
  );
  return {
    status: 200,
    json: page(
      request.url,
      shown,
      event => event.type,
      event => ({ ...event }),
    ),
  };
}

function eventsOf(call: StoredCall, now: number) {
  const { joinedAt } = timelineOf(call);
  const cut = findFault(call.faults, 'data-cut');
  const isLost = findFault(call.faults, 'data-refused') !== undefined || cut !== undefined;
  const afterMs = cut?.afterMs ?? 0;
  if (joinedAt === null || !isLost || joinedAt + afterMs > now) return [];
  return [
    {
      callId: call.callId,
      callStageId: call.callStageId,
      callTimestamp: msToDuration(afterMs),
      wallClockTimestamp: msToDuration(afterMs),
      severity: 'warning',
      type: 'data_connection.lost',
      text: 'The data connection is lost.',
      extras: null,
    },
  ];
}
