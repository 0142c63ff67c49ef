import { UsageError } from './operator-error.js';

/** The options of a command line, by their names. */
export type Values = Readonly<Record<string, string | boolean | undefined>>;

/** An option's text; null when it is not given. */
export function textOf(values: Values, option: string): string | null {
  const text = values[option];
  return typeof text === 'string' ? text : null;
}

/** An option's whole number; undefined when it is not given. @throws UsageError outside of `least` to `most`. */
export function numberOf(
  values: Values,
  option: string,
  least: number,
  most: number,
  or = '',
): number | undefined {
  const text = values[option];
  if (typeof text !== 'string') return undefined;
  const number = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  if (number >= least && number <= most) return number;
  throw new UsageError(`--${option} must be a whole number from ${least} to ${most}${or}.`);
}
