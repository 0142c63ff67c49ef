import type { IsolationLock } from '../../errors/isolation-error.js';
import type { Ground } from './ground.js';

/**
 * Something that is tried for one tenant where another has rows too.
 * refused: the wall that is tried has to say no. works: it has to be done, and `gives` what it should. harmless: it may
 * fail in any way.
 */
export interface Attempt {
  readonly name: string;
  readonly outcome: 'refused' | 'works' | 'harmless';
  readonly run: (ground: Ground) => unknown;
  readonly gives?: (result: never, ground: Ground) => boolean;
}

export const refused = (name: string, run: Attempt['run']): Attempt => ({ name, outcome: 'refused', run });
export const harmless = (name: string, run: Attempt['run']): Attempt => ({ name, outcome: 'harmless', run });

/** @param gives whether the result is as it should be; no row of another tenant may be in it, whatever it says. */
export const works = (name: string, run: Attempt['run'], gives: NonNullable<Attempt['gives']>): Attempt => ({
  name,
  outcome: 'works',
  run,
  gives,
});

/** Tries something for the own tenant. Returns what is wrong about what came of it; null: nothing. */
export async function faultOf(
  { name, outcome, run, gives }: Attempt,
  ground: Ground,
  lock: IsolationLock,
): Promise<string | null> {
  let result: unknown;
  let error: unknown = null;
  try {
    // Awaited inside the scope, as TenantRunner does it.
    result = await ground.inScope(async () => await run(ground));
  } catch (caught) {
    error = caught;
  }
  if (await ground.restore()) return `${name} changes what is not its tenant's`;
  if (error === null && ground.shows(result)) return `${name} shows what is another tenant's`;
  switch (outcome) {
    case 'refused':
      if (error === null) return `${name} is not refused`;
      // An error of a bulk write copies the properties of what was thrown.
      return Reflect.get(error as object, 'lock') === lock
        ? null
        : `${name} is stopped only by ${textOf(error)}`;
    case 'works':
      if (error !== null) return `${name} fails: ${textOf(error)}`;
      return gives?.(result as never, ground) === false ? `${name} does not give what it should` : null;
    case 'harmless':
      return null;
  }
}

const textOf = (error: unknown): string => String(error).slice(0, 200);
