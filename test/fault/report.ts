import { noFlaws } from './check/histories.js';
import { ELECTION_TIMEOUT_MS, TRANSACTION_LIFETIME_SECONDS } from './ground/replica-set.js';
import { SIMULATOR_SPEED } from './ground/ground.js';
import type { RowJournal } from './load/journal.js';
import { BROKEN, REFUSED } from './load/subscriber.js';
import type { RunResult } from './matrix.js';
import type { FaultOptions } from './options.js';
import { ROWS } from './rows/rows.js';

/** The table of a run, with what is needed to read it. */
export interface Report {
  readonly text: string;
  readonly passed: number;
  readonly failed: number;
}

const HEAD = [
  'Row',
  'Fault',
  'Times',
  'Acknowledged',
  'Lost',
  'Repeated',
  'Out of order',
  'Longest outage',
  'p99 of a mutation',
  'Resumes',
  'Result',
];

const CODES: Readonly<Record<string, string>> = { [BROKEN]: 'broken', [REFUSED]: 'not taken' };

/** Writes down what a run has come to. */
export function report(result: RunResult, { seed }: FaultOptions, args: readonly string[]): Report {
  const { journal, verdict, notRun } = result;
  let passed = 0;
  let failed = 0;
  const lines: string[] = [];
  const remarks: string[] = [];
  for (const { id, title } of ROWS) {
    const reason = notRun.get(id);
    if (reason !== undefined)
      lines.push(cells([id, title, '', '', '', '', '', '', '', '', `not run: ${reason}`]));
    const row = journal.rows.get(id);
    if (!row) continue;
    const flaws = verdict.flaws.get(id) ?? noFlaws();
    const isGood =
      flaws.lost + flaws.repeated + flaws.outOfOrder + row.violations.length === 0 &&
      row.acknowledgements.length > 0;
    if (isGood) passed += 1;
    else failed += 1;
    lines.push(
      cells([
        id,
        title,
        String(row.times),
        String(row.acknowledgements.length),
        String(flaws.lost),
        String(flaws.repeated),
        String(flaws.outOfOrder),
        seconds(row.longestOutageMs),
        seconds(row.quantileMs(0.99)),
        String(row.resumes),
        isGood ? 'passed' : 'FAILED',
      ]),
    );
    remarks.push(...remarksOf(row, flaws.examples));
  }
  const text = `# What faults do to Voho

Written by \`npm run test:fault -- ${args.join(' ')}\` with the seed ${seed}, in ${result.seconds} s.

${cells(HEAD)}
${cells(HEAD.map(() => '---'))}
${lines.join('\n')}

${totals(result)}

${remarks.length > 0 ? `## Remarks\n\n${remarks.map(remark => `- ${remark}`).join('\n')}\n` : ''}
${explanation(result)}`;
  return { text, passed, failed };
}

function remarksOf(row: RowJournal, examples: readonly string[]): string[] {
  const counted = (counts: Readonly<Record<string, number>>) =>
    Object.entries(counts)
      .map(([name, count]) => `${name} ×${count}`)
      .join(', ');
  const codes = counted(
    Object.fromEntries(Object.entries(row.closeCodes).map(([code, n]) => [CODES[code] ?? code, n])),
  );
  const parts = [
    `${row.attempts} tries of mutations, ${row.unknown} without an answer, the slowest ${seconds(row.slowestAttemptMs)}`,
    ...(row.unknown > 0 ? [`no answer: ${counted(row.silences)}`] : []),
    ...(row.givenUp > 0 ? [`${row.givenUp} mutations given up by their client after a minute`] : []),
    ...(counted(row.refusals) === '' ? [] : [`refused with ${counted(row.refusals)}`]),
    ...(codes === '' ? [] : [`lines ended: ${codes}`]),
    ...new Set(row.notes.slice(0, 8)),
    ...row.violations.slice(0, 5).map(text => `**${text.replaceAll('\n', ' ').slice(0, 400)}**`),
    ...examples.map(text => `**${text}**`),
  ];
  return [`${row.id}: ${parts.join('; ')}.`];
}

function totals({ journal, verdict, subscribers, webhook, rollbackFiles }: RunResult): string {
  const rows = [...journal.rows.values()];
  const sum = (of: (row: RowJournal) => number) => rows.reduce((total, row) => total + of(row), 0);
  return [
    `In all: ${sum(row => row.kills)} process kills, ${sum(row => row.failovers)} failovers, ${sum(row => row.redisKills)} kills of Valkey with an`,
    `emptied one after each; ${sum(row => row.acknowledgements.length)} acknowledged mutations, ${verdict.calls} calls with ${verdict.events} events,`,
    `each checked against the history of each of ${subscribers.length} subscribers (${sum(row => row.resumes)} resumes)`,
    `and against the tenant's webhook, which was sent ${webhook.events} different events in ${webhook.sent} requests;`,
    `${verdict.surplusAtProvider} surplus calls at the provider were found and removed;`,
    `${rollbackFiles} rollback files of mongod; in R10 a call's end was known ${seconds(verdict.slowestEndMs)} after the provider's at the latest.`,
  ].join('\n');
}

function explanation({ mongodVersion }: RunResult): string {
  return `## How it is measured

Three mongod ${mongodVersion} as a replica set (cache 0.25 GB each, electionTimeoutMillis ${ELECTION_TIMEOUT_MS}, transactionLifetimeLimitSeconds ${TRANSACTION_LIFETIME_SECONDS}), Valkey, three server
processes from the compiled build behind a balancer that asks for readiness, and the simulator at ${SIMULATOR_SPEED} times the speed of life, all on
one machine. Four writers make calls with idempotency keys, send keys again at the same time, end calls, speak into them and change
agents; whatever gets no answer is tried again. Four subscribers over WebSocket and two over server-sent events follow all calls of the
tenant from the first event to the last and come back with their last cursor. A webhook of the tenant is sent all of them too; there an event
may come twice, and calls have no order among each other.

- **Lost**: an acknowledged mutation that is not in the store afterwards, an event that a subscriber never got, a gap in a call's sequences,
  a call that is not over or whose transcript is not the provider's.
- **Repeated**: two calls for one idempotency key, here or kept at the provider; an event that came twice, or that is not in the store.
- **Out of order**: an event that came after a later one of the feed.
- **Longest outage**: the longest time in which no mutation of any writer was acknowledged; the writers pause for up to a second themselves.
- **p99 of a mutation**: from the first try to the acknowledgement, all retries included.

A row also fails when a server process ends by itself, a request hangs for more than 15 s, a subscriber is closed for good, or the audit log
does not verify. That the checker notices is checked too: \`test/fault/weakened.spec.ts\` runs it against servers whose compiled delivery is
weakened.

## What it does not show

- \`kill -9\` keeps the page cache, so nothing is said about fsync and power cuts; three mongod on one machine share a disk and a kernel.
- Only one server in three is partitioned from MongoDB; the members of the set are not partitioned from each other but stopped.
- The seed decides which faults come in which order and what clients do; the moments depend on the machine.
- R7 (disk full) and R13 (memory and CPU limits) are not part of the matrix.
- Access tokens live for 7 days here, so that a clock that jumps tries the order of events and the leases, not the tokens.
`;
}

const cells = (values: readonly string[]): string => `| ${values.join(' | ')} |`;
const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;
