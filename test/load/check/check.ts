import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { type Booked, readLedger } from './ledger.js';
import { billedSeconds, type SimulatedCall, simulatedCall, simulatedIds } from './simulated-calls.js';
import { Tally } from './tally.js';
import { type VohoCall, vohoCalls } from './voho-calls.js';
import type { LoadTenant } from '../tenants.js';

/** What a run is held against. */
export interface CheckPlan {
  readonly tenants: readonly LoadTenant[];
  /** The calls that were accepted. */
  readonly ids: ReadonlySet<string>;
  readonly mongodbUri: string;
  readonly simulatorUrl: string;
}

const FINAL = new Set(['COMPLETED', 'FAILED', 'ENDED']);
const REASONS = new Set([
  'unjoined',
  'hangup',
  'agent_hangup',
  'timeout',
  'connection_error',
  'system_error',
]);
/** Recordings that are fetched at a time. */
const AT_ONCE = 4;

/** Holds everything that the tenants have against what the simulator has. */
export async function check(plan: CheckPlan): Promise<Tally> {
  const tally = new Tally();
  const made = await simulatedIds(plan.simulatorUrl);
  const ledger = await readLedger(plan.mongodbUri);
  const seen = new Set<string>();
  const untold = { calls: 0, seconds: 0 };
  for (const tenant of plan.tenants) {
    let batch: Promise<void>[] = [];
    for await (const call of vohoCalls(tenant)) {
      seen.add(call.id);
      batch.push(checkCall(call, made.get(call.id) ?? [], ledger.get(call.id), plan, tally, untold));
      if (batch.length < AT_ONCE) continue;
      await Promise.all(batch);
      batch = [];
    }
    await Promise.all(batch);
  }
  for (const id of plan.ids) tally.note('every accepted call is there', seen.has(id), id);
  for (const id of [...seen, ...made.keys()])
    tally.note('no call is there that was not accepted', plan.ids.has(id), id);
  // What was never billed stands in the ledger with its estimate, and on no bill.
  const booked = [...ledger.values()].filter(({ kind }) => kind !== 'ESTIMATE');
  const ours = booked.reduce((sum, entry) => sum + entry.billedSeconds, 0);
  const theirs = await billedSeconds(plan.simulatorUrl);
  tally.note(
    "the ledger's sum is the account's bill, but for refunds of calls that the provider had deleted",
    ours === theirs + untold.seconds,
    `${ours} s here, ${theirs} s there, ${untold.seconds} s of ${untold.calls} such calls`,
  );
  return tally;
}

async function checkCall(
  call: VohoCall,
  theirIds: readonly string[],
  booked: Booked | undefined,
  { simulatorUrl }: CheckPlan,
  tally: Tally,
  untold: { calls: number; seconds: number },
): Promise<void> {
  const note = (title: string, isGood: boolean, detail: unknown): void =>
    tally.note(title, isGood, `${call.id} (${String(call.providerCallId)}): ${JSON.stringify(detail)}`);
  note('every call is over', FINAL.has(call.status), call.status);
  note(
    'there is exactly one call at the simulator for each',
    theirIds.length === 1 && theirIds[0] === call.providerCallId,
    theirIds,
  );
  if (call.providerCallId === null || !theirIds.includes(call.providerCallId)) return;
  const theirs = await simulatedCall(simulatorUrl, call.providerCallId);
  const reason = REASONS.has(theirs.endReason) ? theirs.endReason.toUpperCase() : 'OTHER';
  note('it ended for the same reason', call.endReason === reason, [call.endReason, theirs.endReason]);
  const [our, their] = [transcriptOf(call), messagesOf(theirs)];
  note('the transcript is the same, word for word and second for second', isDeepStrictEqual(our, their), {
    our,
    their,
  });
  note('the summary is the same', call.summary === theirs.summary, [call.summary, theirs.summary]);
  const sha256 = call.recordingUrl === null ? null : await digestAt(call.recordingUrl);
  note('the recording is the same, byte for byte', sha256 === (theirs.recording?.sha256 ?? null), [
    sha256,
    theirs.recording,
  ]);
  if (theirs.isRefundUntold && theirs.bill) {
    untold.calls += 1;
    untold.seconds += theirs.bill.callSeconds;
  }
  checkBill(call.billedSeconds, theirs.bill, booked, note);
}

function checkBill(
  billed: number | null,
  bill: SimulatedCall['bill'],
  booked: Booked | undefined,
  note: (title: string, isGood: boolean, detail: unknown) => void,
): void {
  const owed = bill?.isCharged ? bill.callSeconds : 0;
  const isSame = bill === null ? billed === null : billed === owed;
  note('the call tells the seconds of the bill', isSame, [billed, bill]);
  // A call that the provider never bills keeps what was estimated at its end.
  const isBooked = bill === null ? booked?.kind === 'ESTIMATE' : booked?.billedSeconds === owed;
  note('the ledger has the seconds of the bill', isBooked, [booked, bill]);
}

type Said = readonly [speaker: string, text: string, start: number, end: number];

function transcriptOf({ transcript, joinedAt }: VohoCall): Said[] {
  const after = (moment: string) => Date.parse(moment) - Date.parse(joinedAt ?? '');
  return transcript.map(({ speaker, text, startedAt, endedAt }) => [
    speaker,
    text,
    after(startedAt),
    after(endedAt),
  ]);
}

const SPEAKERS: Readonly<Record<string, string>> = { MESSAGE_ROLE_AGENT: 'AGENT', MESSAGE_ROLE_USER: 'USER' };

function messagesOf({ messages }: SimulatedCall): Said[] {
  const ms = (duration: string) => Math.round(Number.parseFloat(duration) * 1000);
  return messages.map(({ role, text, toolName, timespan }) => [
    SPEAKERS[role] ?? 'TOOL',
    toolName === undefined ? text : `${toolName}: ${text}`,
    ms(timespan.start),
    ms(timespan.end),
  ]);
}

async function digestAt(url: string): Promise<string> {
  const response = await fetch(url);
  if (!response.ok) return `status ${response.status}`;
  return createHash('sha256')
    .update(Buffer.from(await response.arrayBuffer()))
    .digest('hex');
}
