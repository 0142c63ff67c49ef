import { inspect } from 'node:util';
import mongoose from 'mongoose';
import { IsolationError } from '../../../src/errors/isolation-error.js';
import type { Loose } from '../../kit/client.js';
import type { Ground } from './ground.js';

/** Options that Mongoose turns a caller's hooks off by; every operation that takes options is tried with each. */
export const OPTION_SETS: readonly Record<string, unknown>[] = [
  {},
  { middleware: false },
  { middleware: { pre: false, post: false } },
];

/**
 * One way to reach for another tenant's rows, and what has to come of it.
 * refused: the tenant hooks say no. caught: the guard on the wire says no, where there is no hook. stopped: Mongoose or MongoDB says no, behind the hooks. confined: it works, on the
 * rows of the running tenant alone, and `gives` what is expected of it.
 */
export interface Case {
  readonly name: string;
  readonly outcome: 'refused' | 'caught' | 'stopped' | 'confined';
  readonly run: (ground: Ground, options: Record<string, unknown>) => unknown;
  readonly gives?: (result: Loose, ground: Ground) => boolean;
  /** Whether it takes options. */
  readonly plain?: boolean;
}

export const refused = (name: string, run: Case['run'], plain = false): Case => ({
  name,
  outcome: 'refused',
  run,
  plain,
});
export const caught = (name: string, run: Case['run']): Case => ({
  name,
  outcome: 'caught',
  run,
  plain: true,
});
export const stopped = (name: string, run: Case['run'], plain = false): Case => ({
  name,
  outcome: 'stopped',
  run,
  plain,
});
export const confined = (name: string, run: Case['run'], gives: Case['gives'], plain = false): Case =>
  ({
    name,
    outcome: 'confined',
    run,
    gives,
    plain,
  }) as Case;

/** Tries a case as tenant A with one set of options. Returns what is wrong about what came of it; null: nothing. */
export async function faultOf(
  ground: Ground,
  subject: Case,
  options: Record<string, unknown>,
): Promise<string | null> {
  let result: unknown;
  let error: unknown;
  try {
    // Awaited inside the scope, as TenantRunner does it: most of what Mongoose returns only runs when it is awaited.
    result = await ground.asA(async () => subject.run(ground, { ...options }));
  } catch (caught) {
    error = caught;
  }
  const fault = verdict(ground, subject, result, error);
  const { isTouched, isBroken } = await ground.look();
  if (isTouched) await ground.reset();
  if (isBroken) return `rows that are not tenant A's have changed (${String(error)})`;
  return fault;
}

function verdict(ground: Ground, subject: Case, result: unknown, error: unknown): string | null {
  switch (subject.outcome) {
    case 'refused':
    case 'caught': {
      const lock = lockOf(error);
      const expected = subject.outcome === 'refused' ? 'hook' : 'wire';
      return lock === expected
        ? null
        : `not refused by the ${expected}: ${inspect(error ?? result, { depth: 0 })}`;
    }
    case 'stopped':
      return error === undefined ? `not stopped: ${inspect(result, { depth: 0 })}` : null;
    case 'confined': {
      if (error !== undefined) return `it failed: ${textOf(error)}`;
      const text = textOf(result);
      if (ground.marksOfB.some(mark => text.includes(mark))) return `it shows rows of tenant B: ${text}`;
      return subject.gives?.(result as Loose, ground) === false ? `it gives ${text}` : null;
    }
  }
}

/** What has refused: bulk writes of the driver wrap what was thrown, and copy its properties. */
function lockOf(error: unknown): unknown {
  const isWrapped = error instanceof mongoose.mongo.MongoBulkWriteError;
  return isWrapped || error instanceof IsolationError ? Reflect.get(error, 'lock') : null;
}

/** Everything that a result shows, live documents included. */
function textOf(value: unknown): string {
  if (value instanceof Error) return String(value);
  return JSON.stringify([value]);
}
