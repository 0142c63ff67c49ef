import type { ProviderCall } from '../ultravox/voice-provider.js';
import type { Booking } from '../usage/usage-ledger.service.js';
import { CALL_BILLINGS, type CallBilling, type CallDocument } from './call.schema.js';
import { isOver } from './call-status.js';

/** The provider bills in whole steps of so many seconds. */
export const BILLING_STEP_SECONDS = 6;

/** From the join to the end, in seconds; 0 for a call that nobody joined, or that is not over. */
export function secondsOf({ joinedAt, endedAt }: Pick<CallDocument, 'joinedAt' | 'endedAt'>): number {
  return joinedAt && endedAt ? Math.max(0, endedAt.getTime() - joinedAt.getTime()) / 1000 : 0;
}

/**
 * Folds the provider's bill in. A bill goes from pending to final to refunded and never back. Once it is final, only a
 * present look changes its amount: what an event tells may be older.
 */
export function foldBill(
  call: CallDocument,
  snapshot: ProviderCall,
  isPast: boolean,
): Pick<CallDocument, 'provider' | 'billedSeconds' | 'settlement'> {
  const { provider, settlement } = call;
  const told = billingOf(snapshot);
  const billing = laterOf(provider.billing, told);
  const isNews = told !== 'pending' && (provider.billing === 'pending' || !isPast);
  const billedSeconds = isNews ? (snapshot.billedSeconds ?? 0) : provider.billedSeconds;
  return {
    provider: { ...provider, billing, billedSeconds },
    billedSeconds: billing === 'refunded' ? 0 : billedSeconds,
    settlement: { ...settlement, billing: settlement.billing || billing !== 'pending' },
  };
}

/** Of a call that is gone at the provider no bill comes any more: the estimate counts for it. */
export function closeBill({ provider, booked }: CallDocument): Partial<CallDocument> {
  if (!booked || provider.billing !== 'pending') return {};
  const { billedSeconds } = booked;
  return { provider: { ...provider, billing: 'final', billedSeconds }, billedSeconds };
}

/**
 * What the usage ledger lacks of a call: an estimate once it is over, the bill once that is final, and a correction
 * where the bill has changed since. Calls that never came to the provider use nothing.
 */
export function bookingsOf(call: CallDocument): Booking[] {
  const { booked, provider } = call;
  if (!isOver(call.status) || provider.callId === null) return [];
  const callSeconds = secondsOf(call);
  const bookings: Booking[] = [];
  if (!booked) bookings.push({ kind: 'ESTIMATE', callSeconds, billedSeconds: estimateOf(call) });
  if (provider.billing === 'pending') return bookings;
  if (!booked || booked.kind === 'ESTIMATE') {
    bookings.push({ kind: 'FINAL', callSeconds, billedSeconds: provider.billedSeconds ?? 0 });
  }
  const last = bookings.at(-1) ?? booked;
  const billedSeconds = call.billedSeconds ?? 0;
  if (last?.billedSeconds !== billedSeconds || last.callSeconds !== callSeconds) {
    bookings.push({ kind: 'CORRECTION', callSeconds, billedSeconds });
  }
  return bookings;
}

/** What the bill is going to say, most likely: the provider does not charge for its own faults. */
function estimateOf(call: CallDocument): number {
  if (call.endReason === 'SYSTEM_ERROR') return 0;
  return Math.ceil(secondsOf(call) / BILLING_STEP_SECONDS) * BILLING_STEP_SECONDS;
}

function billingOf({ isBillingFinal, isRefunded }: ProviderCall): CallBilling {
  if (isRefunded) return 'refunded';
  return isBillingFinal ? 'final' : 'pending';
}

const laterOf = (one: CallBilling, other: CallBilling): CallBilling =>
  CALL_BILLINGS.indexOf(other) > CALL_BILLINGS.indexOf(one) ? other : one;
