import { parseArgs } from 'node:util';
import { WEAKENINGS, type Weakening } from './ground/weakenings.js';

/** What a run is to do. */
export interface FaultOptions {
  /** Makes the schedule of faults. The moments depend on the machine; which fault comes next does not. */
  readonly seed: number;
  /** All of the run, the start and the check included. */
  readonly minutes: number;
  /** Seconds of faults, where they are not what is left of the minutes. */
  readonly seconds: number | null;
  /** Only these rows; empty: all of them. */
  readonly rows: readonly string[];
  /** A minute of faults, for every change; it leaves the committed table alone. */
  readonly isCi: boolean;
  /** Where the table is written to; null: nowhere. */
  readonly output: string | null;
  /** How the compiled delivery is weakened, to see that the checker notices. */
  readonly weakening: Weakening | null;
  /** Keeps the logs of all processes. */
  readonly keep: boolean;
}

const USAGE =
  'Usage: npm run test:fault -- [--minutes 10] [--seed 1] [--rows R1,R4] [--ci] [--output docs/fault-matrix.md] ' +
  `[--weakened ${WEAKENINGS.join('|')}] [--keep]`;

/** Reads the command line. @throws Error with a sentence about what is wrong, and the usage. */
export function readOptions(args: readonly string[]): FaultOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seed: { type: 'string', default: '1' },
      minutes: { type: 'string' },
      rows: { type: 'string' },
      ci: { type: 'boolean', default: false },
      output: { type: 'string' },
      weakened: { type: 'string' },
      keep: { type: 'boolean', default: false },
    },
  });
  const seed = Number(values.seed);
  const minutes = Number(values.minutes ?? (values.ci ? 2 : 10));
  if (!Number.isInteger(seed)) throw new Error(`--seed must be a whole number.\n${USAGE}`);
  if (!(minutes >= 1)) throw new Error(`--minutes must be at least 1.\n${USAGE}`);
  const weakening = WEAKENINGS.find(name => name === values.weakened) ?? null;
  if (values.weakened !== undefined && !weakening)
    throw new Error(`--weakened knows ${WEAKENINGS.join(', ')}.\n${USAGE}`);
  return {
    seed,
    minutes,
    seconds: values.ci ? 60 : null,
    rows: (values.rows ?? '').split(',').filter(row => row !== ''),
    isCi: values.ci,
    output: values.output ?? null,
    weakening,
    keep: values.keep,
  };
}
