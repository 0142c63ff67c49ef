import { timelineOf } from './call-timeline.js';
import { findFault } from './faults.js';
import type { StoredCall } from './stored-call.js';

/** The provider's unit of billing: a tenth of a minute. */
const BILLING_STEP_MS = 6000;

/** What a call costs, once that is known. */
export interface Bill {
  readonly status: string;
  /** Seconds of the call, rounded up to six; what was given back is still told. */
  readonly callSeconds: number;
  /** Seconds of the telephone line; null for calls that use none. */
  readonly sipSeconds: number | null;
}

/** The bill of a call as it is at a moment; null while there is none. */
export function billOf(call: StoredCall, now: number): Bill | null {
  const timeline = timelineOf(call);
  const { joinedAt, endedAt, billedAt, refundedAt } = timeline;
  if (billedAt === null || billedAt > now) return null;
  const free =
    joinedAt === null
      ? 'BILLING_STATUS_FREE_ZERO_EFFECTIVE_DURATION'
      : timeline.endReason === 'system_error'
        ? 'BILLING_STATUS_FREE_SYSTEM_ERROR'
        : null;
  const isRefunded = refundedAt !== null && refundedAt <= now;
  const named = findFault(call.faults, 'billing-status')?.status;
  const length = joinedAt === null ? 0 : endedAt - joinedAt;
  return {
    status: isRefunded ? 'BILLING_STATUS_REFUNDED' : (named ?? free ?? 'BILLING_STATUS_BILLED'),
    callSeconds: free === null ? inSteps(length) : 0,
    sipSeconds: sipSecondsOf(call, length),
  };
}

/** Whether money is asked for the minutes of a bill. */
export function isCharged({ status }: Bill): boolean {
  return status !== 'BILLING_STATUS_REFUNDED' && !status.startsWith('BILLING_STATUS_FREE_');
}

function sipSecondsOf(call: StoredCall, length: number): number | null {
  const named = findFault(call.faults, 'sip-minutes')?.seconds;
  if (named !== undefined) return inSteps(named * 1000);
  return call.request.medium?.sip === undefined ? null : inSteps(length);
}

const inSteps = (ms: number): number => (Math.ceil(ms / BILLING_STEP_MS) * BILLING_STEP_MS) / 1000;
