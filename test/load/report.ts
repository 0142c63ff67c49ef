import { cpus } from 'node:os';
import type { CallingResult } from './callers.js';
import type { Line } from './check/tally.js';
import { loadFaults, SHARE } from './faults.js';
import type { LoadOptions } from './options.js';

/** What a run has come to. */
export interface LoadResult {
  readonly calling: CallingResult;
  readonly hoursPassed: number;
  readonly lines: readonly Line[];
  readonly crashes: readonly string[];
  readonly secondsOf: Readonly<Record<'start' | 'calls' | 'time' | 'check', number>>;
}

function repetitions(reasons: ReadonlyMap<string, number>): string {
  if (reasons.size === 0) return 'No request had to be sent twice.';
  const parts = [...reasons].map(([reason, count]) => `${count} for ${reason}`);
  return `Requests were sent again with the same key, ${parts.join(', ')}.`;
}

/** The report of a run, with how many of its checks have passed. */
export function report(
  { calling, hoursPassed, lines, crashes, secondsOf }: LoadResult,
  options: LoadOptions,
  args: readonly string[],
): { text: string; passed: number; failed: number } {
  const crashLine = {
    title: 'no server ended by itself',
    good: options.servers,
    bad: crashes.length,
    examples: crashes,
  };
  const all = [...lines, crashLine];
  const failed = all.filter(({ bad }) => bad > 0);
  const kinds = [...new Set(loadFaults().map(({ kind }) => kind))];
  const rate = (options.calls / Math.max(1, calling.seconds)).toFixed(1);
  const text = `# Thousands of calls under every fault of the provider

Written by \`npm run test:load -- ${args.join(' ')}\`, on ${cpus().length} processors shared by everything.

| What must hold | Held | Did not |
| --- | --- | --- |
${all.map(({ title, good, bad }) => `| ${title} | ${good} | ${bad} |`).join('\n')}

${failed.map(({ title, examples }) => `- **${title}**: ${examples.map(text => text.slice(0, 600)).join('; ')}`).join('\n')}

## How it is measured

${options.calls} calls of ${options.tenants} tenants, ${options.atOnce} at a time, made in ${calling.seconds} s (${rate} a second) on ${options.servers} processes of
the compiled server, one mongod and one Valkey. ${repetitions(calling.repeated)}
Then ${hoursPassed} hours of virtual time went by in ${secondsOf.time} s, and everything was compared over the API in ${secondsOf.check} s; the start took ${secondsOf.start} s.

Each of ${loadFaults().length} faults hits ${SHARE * 100} % of the calls or requests it is meant for, drawn from the seed ${options.seed}: ${kinds.join(', ')}.

Recordings are fetched by their signed links and compared by SHA-256; transcripts with speakers, texts and times in
milliseconds; the ledger call by call, and its sum with the simulator's own bill.
`;
  return { text, passed: all.length - failed.length, failed: failed.length };
}
