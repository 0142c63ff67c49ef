import { parseArgs } from 'node:util';
import { writeFile } from 'node:fs/promises';
import { format } from 'prettier';
import { table } from '../kit/generated-file.js';
import { Examinations } from './examination.js';
import { endAll } from './observer.js';
import type { Removal } from './removal.js';
import { REMOVALS } from './removals.js';

/** Copies that are examined at a time. */
const AT_ONCE = 2;
/** How much of what is said stands in the table. */
const SAYING = 160;

const HELP = `npm run doctor:mutations -- [--only TEXT] [--sample] [--output FILE]

Takes one lock after the other out of copies of the compiled server, and has each copy's own doctor notice. Exit codes: 0 all
were noticed, 1 one was not, or the doctor has found something where all locks are in place.

  --only TEXT    the removals whose name holds it
  --sample       a few of them, for every change
  --output FILE  writes the table there`;

/** One of each kind. */
const SAMPLE = ['the hook of insertMany', 'the guard’s look at getMore', 'the tenant in cursors'];

const INTRODUCTION = `# Locks taken away

Made by \`npm run doctor:mutations -- --output docs/isolation-mutations.md\`. One lock after the other is taken out of a copy of
the compiled server, by a change of that copy's text; the product has no switch for it. Then that copy's own doctor looks: first
at the walls, each by itself, then at a server that runs. Where he cannot see a lock on a server that runs, the test that is named is run on the copy.
`;

/** A copy that is whole: what the doctor has against that would prove nothing about the others. */
const WHOLE: Removal = { lock: 'nothing', patches: [] };

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    sample: { type: 'boolean', default: false },
    output: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) console.log(HELP);
else process.exitCode = await main();

/** What came of a removal. */
interface Outcome {
  readonly isAsExpected: boolean;
  readonly row: readonly [lock: string, observer: string, saying: string];
}

async function main(): Promise<number> {
  const removals = chosen();
  const examinations = await Examinations.begin();
  const outcomes = new Map<Removal, Outcome>();
  const left = [...removals];
  const hand = async () => {
    for (let removal = left.shift(); removal; removal = left.shift()) {
      const outcome = await outcomeOf(removal, examinations);
      outcomes.set(removal, outcome);
      console.log(`${outcome.isAsExpected ? 'ok' : 'FAILED'}  ${outcome.row.join(' | ')}`);
    }
  };
  const giveUp = () => {
    left.length = 0;
    endAll();
  };
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, giveUp);
  try {
    await examinations.assertFit(removals);
    await Promise.all(Array.from({ length: AT_ONCE }, hand));
  } finally {
    giveUp();
    await examinations.end();
  }
  const all = removals.flatMap(removal => outcomes.get(removal) ?? []);
  if (values.output !== undefined) await write(values.output, all);
  const passed = all.filter(({ isAsExpected }) => isAsExpected).length;
  console.log(`${passed} passed, ${removals.length - passed} failed`);
  return passed === removals.length ? 0 : 1;
}

function chosen(): Removal[] {
  const { only, sample } = values;
  const isWanted = ({ lock }: Removal) =>
    (only === undefined || lock.includes(only)) && (!sample || SAMPLE.includes(lock));
  return [WHOLE, ...REMOVALS.filter(isWanted)];
}

async function outcomeOf(removal: Removal, examinations: Examinations): Promise<Outcome> {
  try {
    const notice = await examinations.without(removal);
    const { observer, saying } = notice ?? { observer: 'nobody', saying: '' };
    const isAsExpected = (notice === null) === (removal === WHOLE);
    return { isAsExpected, row: [removal.lock, observer, short(saying)] };
  } catch (error) {
    return { isAsExpected: false, row: [removal.lock, 'nobody could look', short(String(error))] };
  }
}

async function write(file: string, outcomes: readonly Outcome[]): Promise<void> {
  const rows = outcomes.map(({ row: [lock, observer, saying] }) => [
    lock,
    observer,
    saying === '' ? '' : `\`${saying}\``,
  ]);
  const heads = ['Taken away', 'Noticed by', 'What he says first'];
  const text = `${INTRODUCTION}\n${table(heads, rows)}\n`;
  await writeFile(file, await format(text, { parser: 'markdown', printWidth: 110 }));
}

/** Without what differs from one run to the next. */
function short(saying: string): string {
  const text = saying
    .replace(/[0-9a-f]{24}/g, '…')
    .replace(/d-[0-9a-f]{16}/g, '…')
    .replaceAll('`', "'");
  return text.length > SAYING ? `${text.slice(0, SAYING)}…` : text;
}
