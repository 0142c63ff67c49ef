import { parseArgs } from 'node:util';

/** What a run is to do. */
export interface LoadOptions {
  readonly calls: number;
  readonly tenants: number;
  /** Calls that are not over, at any time. */
  readonly atOnce: number;
  readonly servers: number;
  /** Decides who calls how, and which calls and requests the faults hit. */
  readonly seed: number;
  /** Where the report is written to; null: nowhere. */
  readonly output: string | null;
  /** Keeps the logs of all processes. */
  readonly keep: boolean;
}

const USAGE =
  'Usage: npm run test:load -- [--calls 10000] [--tenants 50] [--at-once 200] [--servers 2] [--seed 1] [--ci] ' +
  '[--output docs/load.md] [--keep]';

/** Reads the command line. @throws Error with a sentence about what is wrong, and the usage. */
export function readOptions(args: readonly string[]): LoadOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      calls: { type: 'string' },
      tenants: { type: 'string' },
      'at-once': { type: 'string' },
      servers: { type: 'string', default: '2' },
      seed: { type: 'string', default: '1' },
      ci: { type: 'boolean', default: false },
      output: { type: 'string' },
      keep: { type: 'boolean', default: false },
    },
  });
  const usual = values.ci
    ? { calls: 200, tenants: 10, atOnce: 50 }
    : { calls: 10_000, tenants: 50, atOnce: 200 };
  return {
    calls: wholeNumber('calls', values.calls, usual.calls),
    tenants: wholeNumber('tenants', values.tenants, usual.tenants),
    atOnce: wholeNumber('at-once', values['at-once'], usual.atOnce),
    servers: wholeNumber('servers', values.servers, 2),
    seed: wholeNumber('seed', values.seed, 1),
    output: values.output ?? null,
    keep: values.keep,
  };
}

function wholeNumber(name: string, text: string | undefined, usual: number): number {
  const value = Number(text ?? usual);
  if (!Number.isInteger(value) || value < 1)
    throw new Error(`--${name} must be a whole number above 0.\n${USAGE}`);
  return value;
}
