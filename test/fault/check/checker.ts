import type { Journal } from '../load/journal.js';
import type { Subscriber } from '../load/subscriber.js';
import type { ReceivingTenant } from '../load/webhooks.js';
import { checkDeliveries, checkHistory, checkStore, FlawBook, type Flaws } from './histories.js';
import { type ProviderCall, providerWords, readProvider } from './provider-truth.js';
import { isFinal, type StoredCall, type Truth } from './truth.js';

/** A call's end is known here so long after the provider's end at the latest, once the store can be written. */
const END_KNOWN_WITHIN_MS = 30_000;

/** What a run is checked against. */
export interface CheckedRun {
  /** What is stored. */
  readonly truth: Truth;
  readonly simulatorUrl: string;
  readonly journal: Journal;
  readonly subscribers: readonly Subscriber[];
  readonly receiving: ReceivingTenant;
  /** Whether the audit log of the tenant is intact. */
  readonly isAuditIntact: boolean;
  /** Rows in which nothing keeps the servers from learning a call's end in time, but news that gets lost. */
  readonly timelyRows: readonly string[];
}

/** What the checker found. */
export interface Verdict {
  readonly flaws: ReadonlyMap<string, Flaws>;
  readonly calls: number;
  readonly events: number;
  readonly surplusAtProvider: number;
  readonly slowestEndMs: number;
}

/** Compares what clients were told with what is stored here and at the provider, after calm has come. */
export async function check(run: CheckedRun): Promise<Verdict> {
  const { truth } = run;
  const provider = await readProvider(run.simulatorUrl);
  const rows = new Map(truth.calls.map(call => [call.id, call.row]));
  const book = new FlawBook(callId => rows.get(callId) ?? run.journal.current.id);

  checkStore(truth.events, book);
  for (const { name, heard } of run.subscribers) checkHistory(name, heard, truth.events, book);
  checkDeliveries(run.receiving.name, run.receiving.heard, truth.events, book);
  checkMutations(run.journal, truth, provider, book);
  for (const call of truth.calls) checkAtProvider(call, provider.get(call.id) ?? [], book);
  await checkTranscripts(run.simulatorUrl, truth.calls, book);
  for (const [callId, count] of truth.creationsAudited) {
    if (count > 1) book.add('repeated', callId, `${callId} has ${count} audit rows of its creation`);
  }
  for (const { id } of truth.calls) {
    if (!truth.creationsAudited.has(id)) book.add('lost', id, `${id} has no audit row`);
  }
  for (const id of truth.placed) book.add('lost', id, `The place of ${id} was never given back`);
  if (!run.isAuditIntact) run.journal.violation('The audit log does not verify');
  return {
    flaws: book.rows,
    calls: truth.calls.length,
    events: truth.events.length,
    surplusAtProvider: [...provider.values()].reduce((sum, calls) => sum + calls.length - 1, 0),
    slowestEndMs: checkEnds(run, truth, provider, book),
  };
}

/** Every acknowledged mutation is there, once. */
function checkMutations(
  journal: Journal,
  truth: Truth,
  provider: ReadonlyMap<string, readonly ProviderCall[]>,
  book: FlawBook,
): void {
  const byKey = new Map<string, StoredCall[]>();
  for (const call of truth.calls) {
    if (call.key !== null) byKey.set(call.key, [...(byKey.get(call.key) ?? []), call]);
  }
  const flaw = (kind: 'lost' | 'repeated', row: string, example: string) => {
    const found = truth.calls.find(call => call.row === row);
    book.add(kind, found?.id ?? row, example);
  };
  for (const { row, key, ids } of journal.calls.values()) {
    const found = byKey.get(key) ?? [];
    if (found.length === 0) flaw('lost', row, `The call of ${key} was acknowledged and is not there`);
    if (found.length > 1 || ids.size > 1)
      flaw('repeated', row, `${key} made ${Math.max(found.length, ids.size)} calls`);
    if (found.length === 1 && !ids.has(found[0]?.id ?? ''))
      flaw('lost', row, `${key} was answered with another call`);
  }
  const byId = new Map(truth.calls.map(call => [call.id, call]));
  for (const [id, row] of journal.endedCalls) {
    const call = byId.get(id);
    if (!call || (!call.isEndWanted && !isFinal(call.status))) flaw('lost', row, `The end of ${id} is lost`);
  }
  for (const [name, { row }] of journal.agentNames) {
    const count = truth.agentNames.get(name) ?? 0;
    if (count === 0) flaw('lost', row, `The agent's change to "${name}" is lost`);
    if (count > 1) flaw('repeated', row, `The agent's change to "${name}" was made ${count} times`);
  }
  for (const [text, { callId, row }] of journal.messages) {
    const times = (provider.get(callId) ?? [])
      .flatMap(call => call.messages)
      .filter(said => said === text).length;
    if (times === 0) flaw('lost', row, `"${text}" was acknowledged and not said`);
    if (times > 1) flaw('repeated', row, `"${text}" was said ${times} times`);
  }
}

/** Every call is over, and kept once at the provider. */
function checkAtProvider(call: StoredCall, there: readonly ProviderCall[], book: FlawBook): void {
  const kept = there.filter(({ isKept }) => isKept);
  if (!isFinal(call.status)) book.add('lost', call.id, `${call.id} is still ${call.status}`);
  if (kept.length > 1)
    book.add('repeated', call.id, `${call.id} is kept ${kept.length} times at the provider`);
  if (call.status === 'COMPLETED' && kept.length === 0)
    book.add('lost', call.id, `${call.id} is not at the provider`);
  if (call.status === 'COMPLETED' && kept[0] && kept[0].providerCallId !== call.providerCallId)
    book.add('repeated', call.id, `${call.id} was kept at the provider as another call`);
}

/** What is stored of a conversation is what the provider says was said. */
async function checkTranscripts(url: string, calls: readonly StoredCall[], book: FlawBook): Promise<void> {
  for (const { id, status, providerCallId, isTranscriptSettled, words } of calls) {
    if (status !== 'COMPLETED' || providerCallId === null) continue;
    const said = await providerWords(url, providerCallId);
    if (!isTranscriptSettled) book.add('lost', id, `The transcript of ${id} was never settled`);
    else if (JSON.stringify(said) !== JSON.stringify(words)) {
      book.add(
        'lost',
        id,
        `The transcript of ${id} has ${words.length} lines, the provider's ${said.length}`,
      );
    }
  }
}

function checkEnds(
  { timelyRows }: CheckedRun,
  truth: Truth,
  provider: ReadonlyMap<string, readonly ProviderCall[]>,
  book: FlawBook,
): number {
  let slowest = 0;
  for (const { id, row, providerCallId } of truth.calls) {
    const there = (provider.get(id) ?? []).find(call => call.providerCallId === providerCallId);
    const toldAt = truth.endsToldAt.get(id);
    if (!there || toldAt === undefined || !timelyRows.includes(row)) continue;
    const lateMs = toldAt - there.endedAt;
    slowest = Math.max(slowest, lateMs);
    if (lateMs > END_KNOWN_WITHIN_MS) book.add('lost', id, `The end of ${id} was known after ${lateMs} ms`);
  }
  return slowest;
}
