import type { ExecutionResult } from 'graphql';

/**
 * Freezes an execution's result with all that is in it, so that no receiver of it changes what another one sends.
 * Values of scalars that are no plain objects or arrays, such as dates, are left as they are.
 */
export function frozenResult(result: ExecutionResult): ExecutionResult {
  freeze(result);
  return result;
}

function freeze(value: unknown): void {
  if (!isContainer(value) || Object.isFrozen(value)) return;
  Object.freeze(value);
  for (const member of Object.values(value)) freeze(member);
}

/** Errors are none: libraries note things on them. */
function isContainer(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return Array.isArray(value) || prototype === null || prototype === Object.prototype;
}
