import type { AccountLimits } from './account-limits.js';
import type { CallDesk } from './call-desk.js';
import { callFilter } from './call-filters.js';
import { deletionOf } from './call-timeline.js';
import { HttpFailure, type Reply } from './http-reply.js';
import { param, type ApiRequest } from './http-request.js';
import { page } from './page.js';
import type { Route } from './router.js';
import type { StoredCall } from './stored-call.js';
import { ACCOUNT_ID, tombstoneView } from './tombstone-view.js';

/** The routes of the account itself and of what is left of deleted calls. */
export function accountRoutes(desk: CallDesk, limits: AccountLimits): Route[] {
  return [
    { method: 'GET', path: '/api/accounts/me', handle: () => account(desk, limits.current.concurrentCalls) },
    { method: 'GET', path: '/api/deleted_calls', handle: request => tombstones(request, desk) },
    { method: 'GET', path: '/api/deleted_calls/:id', handle: request => tombstone(request, desk) },
  ];
}

function account(desk: CallDesk, allowedConcurrentCalls: number | null): Reply {
  return {
    status: 200,
    json: {
      accountId: ACCOUNT_ID,
      name: 'Simulated account',
      billingUrl: '',
      freeTimeUsed: '0s',
      freeTimeRemaining: '1800s',
      hasActiveSubscription: true,
      subscriptionTier: 'Simulated',
      subscriptionCadence: null,
      subscriptionExpiration: null,
      subscriptionScheduledUpdate: null,
      subscriptionRenewal: null,
      activeCalls: desk.activeCount(),
      allowedConcurrentCalls,
      allowedVoices: null,
      allowedCorpora: null,
    },
  };
}

function tombstones({ url }: ApiRequest, desk: CallDesk): Reply {
  const fits = callFilter(url.searchParams);
  const gone = desk.store.all().flatMap(call => deletedAt(call, desk).filter(() => fits(call)));
  return {
    status: 200,
    json: page(
      url,
      gone.reverse(),
      ({ call }) => call.callId,
      ({ call, at }) => tombstoneView(call, at),
    ),
  };
}

function tombstone(request: ApiRequest, desk: CallDesk): Reply {
  const call = desk.store.find(param(request, 'id'));
  const [gone] = call === undefined ? [] : deletedAt(call, desk);
  if (gone === undefined) throw HttpFailure.notFound();
  return { status: 200, json: tombstoneView(gone.call, gone.at) };
}

function deletedAt(call: StoredCall, desk: CallDesk): { call: StoredCall; at: number }[] {
  const at = deletionOf(call, desk.clock.now());
  return at === null ? [] : [{ call, at }];
}
