const TICK_SECONDS = 5;

/**
 * Tells a waiting person what is being done: each step once when it begins, then every 5 seconds with the seconds it
 * has taken so far, so that no wait looks like a hang. Call `end` when all is done.
 */
export class StepTicker {
  #text: string | null = null;
  #since = 0;
  readonly #timer: NodeJS.Timeout;

  constructor(private readonly report: (line: string) => void) {
    this.#timer = setInterval(() => this.#tick(), TICK_SECONDS * 1000);
    this.#timer.unref();
  }

  /** Begins a step and reports it; the step before it ends. */
  begin(text: string): void {
    this.beginQuietly(text);
    this.report(text);
  }

  /** Begins a step that is reported only if it lasts longer than one tick. */
  beginQuietly(text: string): void {
    this.#text = text;
    this.#since = Date.now();
    this.#timer.refresh();
  }

  end(): void {
    clearInterval(this.#timer);
  }

  #tick(): void {
    if (this.#text !== null)
      this.report(`${this.#text} ... ${Math.round((Date.now() - this.#since) / 1000)} s`);
  }
}
