import type { ProviderUsageDay } from '../modules/ultravox/voice-provider.js';

/** What is booked of the calls of one day. */
export interface BookedDay {
  /** Calls that are over. */
  readonly calls: number;
  readonly unbilledCalls: number;
  /** Of those that are billed. */
  readonly billedSeconds: number;
}

export interface Comparison {
  readonly isEqual: boolean;
  /** What the operator reads, one day or remark each. */
  readonly lines: readonly string[];
}

export const NOTHING_BOOKED: BookedDay = { calls: 0, unbilledCalls: 0, billedSeconds: 0 };

/**
 * Compares the ledger of one account with what the account says, day by day. Calls that still run are on the account
 * only, and a bill comes to it before it comes to us: on the last two days what is booked may be behind by that.
 * @param today YYYY-MM-DD.
 */
export function compareDays(
  booked: ReadonlyMap<string, BookedDay>,
  billed: readonly ProviderUsageDay[],
  today: string,
): Comparison {
  const bills = new Map(billed.map(day => [day.day, day]));
  const lines: string[] = [];
  let [isEqual, calls, seconds, unbilled, running] = [true, 0, 0, 0, 0];
  for (const day of [...new Set([...booked.keys(), ...bills.keys()])].sort()) {
    const ours = booked.get(day) ?? NOTHING_BOOKED;
    const theirs = bills.get(day) ?? { calls: 0, billedSeconds: 0 };
    const isRecent = day >= dayBefore(today);
    const mayRun = isRecent && theirs.calls > ours.calls;
    const mayFollow = isRecent && ours.unbilledCalls > 0 && theirs.billedSeconds > ours.billedSeconds;
    const hasSameBill = ours.billedSeconds === theirs.billedSeconds || mayFollow;
    if (!hasSameBill || (ours.calls !== theirs.calls && !mayRun)) {
      isEqual = false;
      lines.push(`${day}  the bill says ${told(theirs)}, the ledger ${told(ours)}`);
    } else if (mayRun) running += theirs.calls - ours.calls;
    calls += ours.calls;
    seconds += ours.billedSeconds;
    unbilled += ours.unbilledCalls;
  }
  lines.push(`${told({ calls, billedSeconds: seconds })} in the ledger`);
  if (unbilled > 0) lines.push(`of them ${unbilled} calls are not billed yet`);
  if (running > 0) lines.push(`${running} more calls may still run`);
  return { isEqual, lines };
}

const told = ({ calls, billedSeconds }: { calls: number; billedSeconds: number }): string =>
  `${calls} calls, ${(billedSeconds / 60).toFixed(1)} min`;

function dayBefore(day: string): string {
  return new Date(Date.parse(day) - 86_400_000).toISOString().slice(0, 10);
}
