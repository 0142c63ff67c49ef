import { Signal } from './signal.js';

/** Items kept in memory per tenant and stream, for the subscribers that are nearly up to date. */
const KEPT = 1000;
const PAGE = 500;

/** How a tail reads its stream. */
export interface TailReading<T> {
  /** The tenant's items behind a position, in order, at most `limit`. */
  read(position: number, limit: number): Promise<T[]>;
  positionOf(item: T): number;
}

/**
 * The end of one tenant's stream in this process: read from the store once per ring, whatever the number of
 * subscribers. It holds the items of a contiguous range of positions, so what lies in the range is complete.
 */
export class TenantTail<T> {
  readonly grown = new Signal();
  private readonly items: T[] = [];
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

  /** The items behind a position; null when the tail does not reach back that far. */
  after(position: number): T[] | null {
    if (position < this.from) return null;
    const start = this.items.findIndex(item => this.stream.positionOf(item) > position);
    return start === -1 ? [] : this.items.slice(start);
  }

  /** Reads on to the end of the store. Calls during a reading cause one more. @throws when the store is away. */
  async readOn(): Promise<void> {
    if (this.reading) {
      this.isAskedAgain = true;
      return this.reading;
    }
    this.reading = this.readToEnd().finally(() => (this.reading = null));
    return this.reading;
  }

  private async readToEnd(): Promise<void> {
    do {
      this.isAskedAgain = false;
      const page = await this.stream.read(this.position, PAGE);
      if (page.length === PAGE) this.isAskedAgain = true;
      if (page.length === 0) continue;
      this.items.push(...page);
      const surplus = this.items.splice(0, Math.max(0, this.items.length - KEPT)).at(-1);
      if (surplus !== undefined) this.from = this.stream.positionOf(surplus);
      this.grown.notify();
    } while (this.isAskedAgain);
  }
}
