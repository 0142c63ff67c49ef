import { frozen } from '../repeat/frozen.js';
import { Signal } from './signal.js';

/** Items kept in memory per tenant and stream, for the subscribers that are nearly up to date. */
const KEPT = 1000;
/** The most that the kept items may weigh; whoever needs more of them reads the store. */
const KEPT_CHARACTERS = 2_000_000;
/** What an item weighs beside its own size. */
const ITEM_CHARACTERS = 500;
const PAGE = 500;

/** How a tail reads its stream. */
export interface TailReading<T> {
  /** The tenant's items behind a position, in order, at most `limit`. */
  read(position: number, limit: number): Promise<T[]>;
  positionOf(item: T): number;
  /** Characters of an item's own text, roughly. */
  sizeOf(item: T): number;
  /** What an earlier item is after a later one has come; itself where the later one does not touch it. */
  afterwards(earlier: T, later: T): T;
}

/**
 * The end of one tenant's stream in this process: read from the store once per ring, whatever the number of
 * subscribers. It holds the items of a contiguous range of positions, so what lies in the range is complete.
 * Its items are frozen: all followers have the same.
 */
export class TenantTail<T> {
  readonly grown = new Signal();
  private items: T[] = [];
  private weight = 0;
  private reading: Promise<void> | null = null;
  private isAskedAgain = false;

  /** @param from the position behind which the tail starts. */
  constructor(
    private from: number,
    private readonly stream: TailReading<T>,
  ) {}

  /** The last position the tail has. */
  get position(): number {
    const last = this.items.at(-1);
    return last === undefined ? this.from : this.stream.positionOf(last);
  }

  /** The items behind a position, at most `limit`; null when the tail does not reach back that far. */
  after(position: number, limit: number): T[] | null {
    if (position < this.from) return null;
    const start = this.indexBehind(position);
    return this.items.slice(start, start + limit);
  }

  /** Reads on to the end of the store. Calls during a reading cause one more. @throws when the store is away. */
  async readOn(): Promise<void> {
    if (this.reading) {
      this.isAskedAgain = true;
      return this.reading;
    }
    this.reading = this.readToEnd();
    return this.reading;
  }

  private async readToEnd(): Promise<void> {
    try {
      do {
        this.isAskedAgain = false;
        const page = await this.stream.read(this.position, PAGE);
        if (page.length === PAGE) this.isAskedAgain = true;
        if (page.length > 0) this.add(page);
      } while (this.isAskedAgain);
    } finally {
      // In the same step as the last look at isAskedAgain, so that no call falls between them.
      this.reading = null;
    }
  }

  private add(page: readonly T[]): void {
    for (const item of page) {
      const position = this.stream.positionOf(item);
      if (position !== this.position + 1) this.startBehind(position - 1);
      this.items = this.amended(frozen(item));
      this.items.push(item);
      this.weight += this.weightOf(item);
    }
    this.trim();
    this.grown.notify();
  }

  /** A deletion takes words back that are kept here too. */
  private amended(later: T): T[] {
    return this.items.map(earlier => frozen(this.stream.afterwards(earlier, later)));
  }

  /** Retention has removed what lay between: followers who lack it must hear that from the store. */
  private startBehind(position: number): void {
    this.items = [];
    this.weight = 0;
    this.from = position;
  }

  private trim(): void {
    let surplus = 0;
    while (this.items.length - surplus > KEPT || this.weight > KEPT_CHARACTERS) {
      const item = this.items[surplus];
      if (item === undefined) break;
      this.weight -= this.weightOf(item);
      surplus += 1;
    }
    const last = this.items.splice(0, surplus).at(-1);
    if (last !== undefined) this.from = this.stream.positionOf(last);
  }

  private weightOf(item: T): number {
    return ITEM_CHARACTERS + this.stream.sizeOf(item);
  }

  /** By halves: thousands of followers ask this for every single event. */
  private indexBehind(position: number): number {
    let low = 0;
    let high = this.items.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const item = this.items[middle];
      if (item !== undefined && this.stream.positionOf(item) <= position) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
