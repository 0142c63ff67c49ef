import { timelineOf } from './call-timeline.js';
import { DURATION_PATTERN, durationToMs } from './duration.js';
import { HttpFailure } from './http-reply.js';
import { metadataOf, type StoredCall } from './stored-call.js';

const METADATA_PREFIX = 'metadata.';
const DATE_ONLY = /^\d{4}-\d{2}-\d{2}$/;

/**
 * The test that the query of a list makes. Unknown parameters are ignored, as the provider does.
 *
 * @throws HttpFailure 400 for a date or duration it cannot read
 */
export function callFilter(query: URLSearchParams): (call: StoredCall) => boolean {
  const from = dateOf(query, 'fromDate', 0);
  const to = dateOf(query, 'toDate', 86_400_000 - 1);
  const shortest = durationOf(query, 'durationMin');
  const longest = durationOf(query, 'durationMax');
  const voice = query.get('voiceId');
  const search = query.get('search')?.toLowerCase();
  const tests: ((call: StoredCall) => boolean)[] = [metadataFilter(query)];
  if (from !== null) tests.push(call => call.createdAt >= from);
  if (to !== null) tests.push(call => call.createdAt <= to);
  if (shortest !== null) tests.push(call => lengthOf(call) >= shortest);
  if (longest !== null) tests.push(call => lengthOf(call) <= longest);
  if (voice !== null) tests.push(call => call.request.voice === voice);
  if (query.getAll('agentIds').length > 0) tests.push(() => false);
  if (search !== undefined) tests.push(call => searchable(call).includes(search));
  return call => tests.every(test => test(call));
}

/** The test on `metadata.<key>=<value>` alone; all pairs must fit. */
export function metadataFilter(query: URLSearchParams): (call: StoredCall) => boolean {
  const pairs = [...query].filter(([name]) => name.startsWith(METADATA_PREFIX));
  return call => {
    const metadata = metadataOf(call);
    return pairs.every(([name, value]) => metadata[name.slice(METADATA_PREFIX.length)] === value);
  };
}

/**
 * The calls in the order that `sort` asks for; the newest first without it.
 *
 * @throws HttpFailure 400 for a field that cannot be sorted by
 */
export function sortedCalls(calls: readonly StoredCall[], sort: string | null): StoredCall[] {
  const [, sign, field = ''] = /^(-?)(.*)$/s.exec(sort ?? '-created') ?? [];
  const moment = {
    created: (call: StoredCall) => call.createdAt,
    joined: (call: StoredCall) => timelineOf(call).joinedAt ?? 0,
    ended: (call: StoredCall) => timelineOf(call).endedAt,
  }[field];
  if (moment === undefined) throw new HttpFailure(400, { sort: ['Not a field to sort by.'] });
  const ascending = [...calls].sort((one, other) => moment(one) - moment(other));
  return sign === '-' ? ascending.reverse() : ascending;
}

function dateOf(query: URLSearchParams, name: string, ofWholeDay: number): number | null {
  const text = query.get(name);
  if (text === null) return null;
  const at = Date.parse(text);
  if (Number.isNaN(at)) throw new HttpFailure(400, { [name]: ['Enter a valid date/time.'] });
  return DATE_ONLY.test(text) ? at + ofWholeDay : at;
}

function durationOf(query: URLSearchParams, name: string): number | null {
  const text = query.get(name);
  if (text === null) return null;
  if (!DURATION_PATTERN.test(text)) throw new HttpFailure(400, { [name]: ['Not a valid duration.'] });
  return durationToMs(text);
}

function lengthOf(call: StoredCall): number {
  const { joinedAt, endedAt } = timelineOf(call);
  return joinedAt === null ? 0 : endedAt - joinedAt;
}

function searchable(call: StoredCall): string {
  return [call.callId, ...Object.values(metadataOf(call)), call.request.systemPrompt ?? '']
    .join('\n')
    .toLowerCase();
}
