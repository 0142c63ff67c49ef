import type { TimeBucket } from './call-analytics.model.js';
import { offsetsOf, type ZoneOffset } from './zone-offsets.js';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Further than any bucket begins before a moment inside of it. */
const MARGIN_MS = 35 * DAY_MS;
/** 1970 began on a Thursday: the third day of a week. */
const WEEKDAY_OF_1970 = 3;

/**
 * Pieces of local time, for calls of a time. A piece is what the clocks of a zone show: a date, a week's or a month's;
 * hours are told apart where clocks are set, so the one that comes twice in autumn is two. The database is given
 * numbers instead of a zone's name, and finds each call's label by them; the server finds when what a label names began.
 */
export class TimeBuckets {
  private readonly offsets: readonly ZoneOffset[];

  /** @throws RangeError for a name that is no time zone. */
  constructor(
    private readonly bucket: TimeBucket,
    timeZone: string,
    from: Date,
    to: Date,
  ) {
    this.offsets = offsetsOf(timeZone, from.getTime() - MARGIN_MS, to.getTime());
  }

  /**
   * An expression of MongoDB for the label of a moment: a number that grows with local time; for hours with the moment.
   * @param moment an expression for a date within the time that was given.
   */
  labelOf(moment: string): object {
    const shifted = { $add: [moment, this.offsetOf(moment)] };
    switch (this.bucket) {
      case 'HOUR':
        return {
          $max: [{ $subtract: [inPieces(shifted, HOUR_MS), this.offsetOf(moment)] }, this.startOf(moment)],
        };
      case 'DAY':
        return inPieces(shifted, DAY_MS);
      case 'WEEK':
        return {
          $subtract: [
            inPieces({ $add: [shifted, WEEKDAY_OF_1970 * DAY_MS] }, 7 * DAY_MS),
            WEEKDAY_OF_1970 * DAY_MS,
          ],
        };
      case 'MONTH':
        return { $add: [{ $multiply: [{ $year: shifted }, 12] }, { $month: shifted }, -1] };
    }
  }

  /** When what a label names began: the first moment of it, never later than a moment that has the label. */
  beginningOf(label: number): Date {
    if (this.bucket === 'HOUR') return new Date(label);
    const [localStart, localEnd] = this.localBounds(label);
    for (const { startMs, endMs, offsetMs } of this.offsets) {
      const begins = Math.max(startMs, localStart - offsetMs);
      if (begins < Math.min(endMs, localEnd - offsetMs)) return new Date(begins);
    }
    throw new Error(`No moment has the label ${label}`);
  }

  /** The local time that a label covers, as if it were UTC. */
  private localBounds(label: number): [number, number] {
    switch (this.bucket) {
      case 'HOUR':
        return [label, label + HOUR_MS];
      case 'DAY':
        return [label, label + DAY_MS];
      case 'WEEK':
        return [label, label + 7 * DAY_MS];
      case 'MONTH':
        return [monthStart(label), monthStart(label + 1)];
    }
  }

  private offsetOf(moment: string): object {
    return this.inForce(moment, ({ offsetMs }) => offsetMs);
  }

  private startOf(moment: string): object {
    return this.inForce(moment, ({ startMs }) => startMs);
  }

  /** What belongs to the offset that is in force at a moment. There are a few offsets a year. */
  private inForce(moment: string, valueOf: (offset: ZoneOffset) => number): object {
    const branches = this.offsets.slice(0, -1).map(offset => ({
      case: { $lt: [moment, new Date(offset.endMs)] },
      then: valueOf(offset),
    }));
    const last = this.offsets.at(-1);
    const rest = { $literal: last ? valueOf(last) : 0 };
    return branches.length === 0 ? rest : { $switch: { branches, default: rest } };
  }
}

/** A date rounded down to a whole number of pieces since 1970, in milliseconds. */
const inPieces = (date: object, pieceMs: number): object => ({
  $multiply: [{ $floor: { $divide: [{ $subtract: [date, new Date(0)] }, pieceMs] } }, pieceMs],
});

/** `Date.UTC` takes the years 0 to 99 for others. */
const monthStart = (label: number): number =>
  new Date(0).setUTCFullYear(Math.floor(label / 12), label - Math.floor(label / 12) * 12, 1);
