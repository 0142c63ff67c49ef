import type { Patch } from '../fault/ground/compiled.js';

/** A lock that is taken out of a copy of the compiled server. */
export interface Removal {
  readonly lock: string;
  readonly patches: readonly Patch[];
  /** The tests that see it where the doctor on a running server cannot: they are run on the compiled files. */
  readonly spec?: string;
}

/** A lock that stands in one place. */
export const removal = (lock: string, file: string, find: string, replace = ''): Removal => ({
  lock,
  patches: [{ file, find, replace }],
});
