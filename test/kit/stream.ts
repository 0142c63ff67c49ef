import type { AnswerError } from './answer-error.js';

/** How long a test waits for what must come; far more than it takes. */
const PATIENCE_MS = 60_000;

/** What a subscription has given so far, and what it will. */
export class Stream<T> {
  readonly values: T[] = [];
  readonly errors: AnswerError[] = [];
  /** How the socket was closed, once it is. */
  closing: { code: number; reason: string } | null = null;
  isComplete = false;
  private wakers: (() => void)[] = [];
  private stopping: () => void = () => undefined;

  push({ data, errors }: { data?: T | null; errors?: readonly AnswerError[] }): void {
    if (errors) this.errors.push(...errors);
    if (data) this.values.push(data);
    this.wake();
  }

  fail(error: unknown): void {
    if (Array.isArray(error)) this.errors.push(...(error as AnswerError[]));
    this.complete();
  }

  complete(): void {
    this.isComplete = true;
    this.wake();
  }

  closed(closing: { code: number; reason: string }): void {
    this.closing = { code: closing.code, reason: closing.reason };
    this.wake();
  }

  onStop(stop: () => void): void {
    this.stopping = stop;
  }

  /** Leaves the subscription. */
  stop(): void {
    this.stopping();
  }

  /** Waits until `condition` holds. @throws with all that has come when it does not in time. */
  async until(condition: (stream: this) => boolean, what = 'what the test waits for'): Promise<this> {
    const deadline = Date.now() + PATIENCE_MS;
    while (!condition(this)) {
      const left = deadline - Date.now();
      if (left <= 0)
        throw new Error(
          `${what} did not come; so far: ${JSON.stringify([this.values, this.errors, this.closing])}`,
        );
      await new Promise<void>(resolve => {
        this.wakers.push(resolve);
        setTimeout(resolve, Math.min(left, 200));
      });
    }
    return this;
  }

  /** Waits for a value that `condition` accepts, and returns it. */
  async value(condition: (value: T) => boolean): Promise<T> {
    await this.until(({ values }) => values.some(condition));
    return this.values.find(condition) as T;
  }

  private wake(): void {
    const { wakers } = this;
    this.wakers = [];
    for (const waker of wakers) waker();
  }
}
