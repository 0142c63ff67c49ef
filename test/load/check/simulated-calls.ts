import type { Loose } from '../../kit/client.js';

/** What the simulator has of one of its calls. */
export interface SimulatedCall {
  readonly endReason: string;
  readonly joinedAt: number | null;
  readonly summary: string | null;
  readonly messages: readonly {
    role: string;
    text: string;
    toolName?: string;
    timespan: { start: string; end: string };
  }[];
  /** Null: it was never billed. What was taken back after the call was gone counts as charged: nothing tells of it. */
  readonly bill: { readonly callSeconds: number; readonly isCharged: boolean } | null;
  /** The bill was taken back when the provider had deleted the call already: only the account's bill shows it. */
  readonly isRefundUntold: boolean;
  readonly recording: { readonly bytes: number; readonly sha256: string } | null;
}

interface Timeline {
  readonly endReason: string;
  readonly joinedAt: number | null;
  readonly refundedAt: number | null;
  readonly expiresAt: number | null;
}

/** The ids that the simulator has given to calls, deleted ones too, by ours of them. */
export async function simulatedIds(url: string): Promise<Map<string, string[]>> {
  const { calls } = (await json(`${url}/simulator/calls?brief=true`)) as { calls: Loose[] };
  const byOurId = new Map<string, string[]>();
  for (const { callId, metadata } of calls) {
    const ourId = String(metadata.vohoCallId);
    byOurId.set(ourId, [...(byOurId.get(ourId) ?? []), callId as string]);
  }
  return byOurId;
}

/** All that there is of a call in the end. */
export async function simulatedCall(url: string, callId: string): Promise<SimulatedCall> {
  const { timeline, call, messages, bill, recording }: Loose = await json(`${url}/simulator/calls/${callId}`);
  const { endReason, joinedAt, refundedAt, expiresAt } = timeline as Timeline;
  const isRefundUntold = refundedAt !== null && expiresAt !== null && expiresAt < refundedAt;
  return {
    endReason,
    joinedAt,
    summary: call.summary,
    messages,
    bill: bill && { ...bill, isCharged: isRefundUntold ? true : bill.isCharged },
    isRefundUntold,
    recording,
  };
}

/** The seconds that the simulator's own bill of the account asks money for. */
export async function billedSeconds(url: string): Promise<number> {
  const { totalMinutes }: Loose = await json(`${url}/api/accounts/me/billing/usage`);
  return Math.round((totalMinutes as number) * 60);
}

async function json(url: string): Promise<unknown> {
  const response = await fetch(url, { headers: { 'x-api-key': 'check' } });
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
  return response.json();
}
