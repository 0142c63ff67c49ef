/**
 * Mongoose skips a caller's hooks under `{ middleware: false }`, but never its own, which carry this registered
 * symbol. The tenancy hooks carry it too, so no option turns them off; a contract test notices if that changes.
 */
const BUILT_IN = Symbol.for('mongoose:built-in-middleware');

/** Marks a hook as one that no query option may skip. */
export function unskippable<F extends (...args: never[]) => unknown>(hook: F): F {
  return Object.assign(hook, { [BUILT_IN]: true });
}

/** Every query operation that reaches the database with a filter. */
export const FILTERED_OPERATIONS = [
  'find',
  'findOne',
  'countDocuments',
  'distinct',
  'updateOne',
  'updateMany',
  'replaceOne',
  'findOneAndUpdate',
  'findOneAndReplace',
  'findOneAndDelete',
  'deleteOne',
  'deleteMany',
] as const;

/** Those of them that carry an update or a replacement. */
export const UPDATING_OPERATIONS: ReadonlySet<string> = new Set([
  'updateOne',
  'updateMany',
  'replaceOne',
  'findOneAndUpdate',
  'findOneAndReplace',
]);
