import { createHash } from 'node:crypto';
import { z } from 'zod';
import { billOf, isCharged } from './bill.js';
import { limitsSchema, type AccountLimits } from './account-limits.js';
import type { CallDesk } from './call-desk.js';
import { metadataFilter } from './call-filters.js';
import { timelineOf } from './call-timeline.js';
import { callView, type Json } from './call-view.js';
import type { FaultRegistry } from './fault-registry.js';
import { faultSchema } from './faults.js';
import { HttpFailure, type Reply } from './http-reply.js';
import { checked, param, type ApiRequest } from './http-request.js';
import { messagesView } from './message-view.js';
import { recordingBytes, recordingChunks } from './recording.js';
import type { Route } from './router.js';
import { metadataOf, type StoredCall } from './stored-call.js';

const faultsBodySchema = z.union([z.array(faultSchema), faultSchema.transform(fault => [fault])]);

/** What tests steer and inspect the simulator by. It is no part of the provider and asks for no API key. */
export function controlRoutes(
  desk: CallDesk,
  faults: FaultRegistry,
  limits: AccountLimits,
  baseUrl: () => string,
): Route[] {
  return [
    { method: 'GET', path: '/simulator/health', handle: () => ({ status: 200, json: { status: 'ok' } }) },
    {
      method: 'GET',
      path: '/simulator/faults',
      handle: () => ({ status: 200, json: { faults: faults.list() } }),
    },
    {
      method: 'POST',
      path: '/simulator/faults',
      handle: async request => {
        const wanted = checked(faultsBodySchema, await request.json());
        return { status: 201, json: { faults: faults.add(wanted) } };
      },
    },
    {
      method: 'DELETE',
      path: '/simulator/faults',
      handle: () => {
        faults.clear();
        return { status: 204 };
      },
    },
    {
      method: 'DELETE',
      path: '/simulator/faults/:id',
      handle: request => {
        if (!faults.clear(param(request, 'id'))) throw HttpFailure.notFound();
        return { status: 204 };
      },
    },
    { method: 'GET', path: '/simulator/limits', handle: () => ({ status: 200, json: limits.current }) },
    {
      method: 'PUT',
      path: '/simulator/limits',
      handle: async request => {
        limits.set(checked(limitsSchema, await request.json()));
        return { status: 200, json: limits.current };
      },
    },
    { method: 'GET', path: '/simulator/calls', handle: request => calls(request, desk, baseUrl()) },
    {
      method: 'GET',
      path: '/simulator/calls/:id',
      handle: async request => {
        const call = desk.store.find(param(request, 'id'));
        if (call === undefined) throw HttpFailure.notFound();
        return { status: 200, json: { ...wholeCall(call, desk, baseUrl()), ...(await remains(call, desk)) } };
      },
    },
  ];
}

/** All calls that were ever made, deleted ones too; `brief` leaves everything out but what tells them apart. */
function calls({ url }: ApiRequest, desk: CallDesk, baseUrl: string): Reply {
  const found = desk.store.all().filter(metadataFilter(url.searchParams));
  const isBrief = url.searchParams.get('brief') === 'true';
  const shown = found.map(call =>
    isBrief
      ? { callId: call.callId, metadata: metadataOf(call), deletedAt: call.deletedAt }
      : wholeCall(call, desk, baseUrl),
  );
  return { status: 200, json: { total: shown.length, calls: shown } };
}

function wholeCall(call: StoredCall, desk: CallDesk, baseUrl: string): Json {
  return {
    call: callView(call, desk.clock.now(), baseUrl),
    deletedAt: call.deletedAt,
    faults: call.faults,
    interventions: call.interventions,
    attempts: call.attempts,
    timeline: timelineOf(call),
  };
}

/** What a client that missed nothing has of a call in the end, also when it is deleted here meanwhile. */
async function remains(call: StoredCall, desk: CallDesk): Promise<Json> {
  const now = desk.clock.now();
  const { recordingAt } = timelineOf(call);
  const bill = billOf(call, now);
  return {
    messages: messagesView(call, now, 'in_call'),
    bill: bill === null ? null : { ...bill, isCharged: isCharged(bill) },
    recording:
      recordingAt === null
        ? null
        : { bytes: recordingBytes(call), sha256: await digestOf(recordingChunks(call)) },
  };
}

async function digestOf(chunks: AsyncIterable<Buffer>): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of chunks) hash.update(chunk);
  return hash.digest('hex');
}
