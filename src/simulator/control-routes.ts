import { z } from 'zod';
import { limitsSchema, type AccountLimits } from './account-limits.js';
import type { CallDesk } from './call-desk.js';
import { metadataFilter } from './call-filters.js';
import { timelineOf } from './call-timeline.js';
import { callView } from './call-view.js';
import type { FaultRegistry } from './fault-registry.js';
import { faultSchema } from './faults.js';
import { HttpFailure } from './http-reply.js';
import { checked, param } from './http-request.js';
import type { Route } from './router.js';

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
    {
      method: 'GET',
      path: '/simulator/calls',
      handle: request => {
        const found = desk.store.all().filter(metadataFilter(request.url.searchParams));
        const now = desk.clock.now();
        const calls = found.map(call => ({
          call: callView(call, now, baseUrl()),
          deletedAt: call.deletedAt,
          faults: call.faults,
          interventions: call.interventions,
          attempts: call.attempts,
          timeline: timelineOf(call),
        }));
        return { status: 200, json: { total: calls.length, calls } };
      },
    },
  ];
}
