/** A receiver is never left alone for longer: as long as the longest wait of the schedule. */
export const MOST_RETRY_AFTER_MS = 24 * 3_600_000;

/** RFC 9110 5.6.7: the form of today, and the two that are obsolete and still to be read. */
const HTTP_DATES = [
  /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/,
  /^[A-Z][a-z]+day, \d{2}-[A-Z][a-z]{2}-\d{2} \d{2}:\d{2}:\d{2} GMT$/,
  /^[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d{2}:\d{2}:\d{2} \d{4}$/,
];

/**
 * How long an answer asks to be left alone, by its `Retry-After`: at most a day, in milliseconds. Null for one that is not
 * there, that has passed, or that is neither a number of seconds nor an HTTP date. Dates are compared with the answer's
 * own `Date`, where it has one, so that no clock needs to agree with the receiver's.
 */
export function retryAfterMs(
  headers: Readonly<Record<string, string | string[] | undefined>>,
): number | null {
  const value = single(headers['retry-after']);
  if (value === null) return null;
  const waitMs = /^\d+$/.test(value)
    ? Number(value) * 1000
    : timeOf(value) - (timeOf(single(headers['date']) ?? '') || Date.now());
  // A time that is no number is not above 0 either.
  return waitMs > 0 ? Math.min(waitMs, MOST_RETRY_AFTER_MS) : null;
}

/** The first value of a header. */
const single = (value: string | string[] | undefined): string | null =>
  (Array.isArray(value) ? value[0] : value)?.trim() ?? null;

/** NaN for what is no HTTP date. The oldest form names no zone, and means UTC too. */
const timeOf = (value: string): number =>
  HTTP_DATES.some(form => form.test(value))
    ? Date.parse(value.endsWith('GMT') ? value : `${value} GMT`)
    : Number.NaN;
