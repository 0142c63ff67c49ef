import type { CallEndReason, CallStatus } from '../../events/call-event.schema.js';

/** Where a call may go from each status. Nothing leads back, and nothing leads out of the last three. */
export const CALL_TRANSITIONS: Readonly<Record<CallStatus, readonly CallStatus[]>> = {
  QUEUED: ['RINGING', 'FAILED', 'ENDED'],
  RINGING: ['IN_PROGRESS', 'FAILED', 'ENDED'],
  IN_PROGRESS: ['COMPLETED', 'FAILED'],
  COMPLETED: [],
  FAILED: [],
  ENDED: [],
};

/** Whether a call of this status is over. */
export function isOver(status: CallStatus): boolean {
  return CALL_TRANSITIONS[status].length === 0;
}

/**
 * The steps from one status to another, the last one included. News may skip steps; subscribers still see each
 * one, so that a call's history does not depend on what got lost. Empty when there is no way.
 * @param via what it has certainly been in between, in order; what lies behind it already is left out.
 */
export function stepsBetween(from: CallStatus, to: CallStatus, via: readonly CallStatus[]): CallStatus[] {
  const steps: CallStatus[] = [];
  for (const next of [...via, to]) steps.push(...shortestPath(steps.at(-1) ?? from, next));
  return steps.at(-1) === to ? steps : [];
}

function shortestPath(from: CallStatus, to: CallStatus): CallStatus[] {
  if (from === to) return [];
  const paths: CallStatus[][] = CALL_TRANSITIONS[from].map(next => [next]);
  for (const path of paths) {
    const last = path.at(-1);
    if (last === to) return path;
    if (last) paths.push(...CALL_TRANSITIONS[last].map(next => [...path, next]));
  }
  return [];
}

/** The status that an end reason leads to. */
export function finalStatusOf(reason: CallEndReason, wasJoined: boolean): CallStatus {
  switch (reason) {
    case 'CONNECTION_ERROR':
    case 'SYSTEM_ERROR':
    case 'PROVIDER_REJECTED':
    case 'QUOTA_EXCEEDED':
      return 'FAILED';
    case 'UNJOINED':
    case 'CANCELLED':
    case 'QUEUE_EXPIRED':
      return 'ENDED';
    case 'HANGUP':
    case 'AGENT_HANGUP':
    case 'TIMEOUT':
    case 'OTHER':
      return wasJoined ? 'COMPLETED' : 'ENDED';
  }
}
