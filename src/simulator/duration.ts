/** The pattern of a duration in the provider's JSON: `"30s"`, `"5.5s"`, never a number. */
export const DURATION_PATTERN = /^-?(?:0|[1-9][0-9]{0,11})(?:\.[0-9]{1,9})?s$/;

/** Milliseconds of a duration string that matches DURATION_PATTERN; a negative one counts as zero. */
export function durationToMs(duration: string): number {
  return Math.max(0, Math.round(Number(duration.slice(0, -1)) * 1000));
}

/** The duration string of a number of milliseconds, without trailing zeros: 5500 is `"5.5s"`. */
export function msToDuration(ms: number): string {
  return `${Math.round(ms) / 1000}s`;
}
