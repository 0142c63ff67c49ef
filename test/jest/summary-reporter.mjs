import { writeSync } from 'node:fs';

/**
 * Prints `N passed, N failed` (and `, N skipped` if any) as the very last line of a run, after Jest's own summary and
 * after the engines are stopped. A suite that could not run at all counts as one failed test: otherwise a file that
 * does not even load would read as success.
 */
export default class SummaryReporter {
  /** @type {string | undefined} */
  #line;

  constructor() {
    process.on('exit', () => {
      // Jest takes process.stdout away where it exits by force.
      if (this.#line !== undefined) writeSync(1, `${this.#line}\n`);
    });
  }

  /** @param {unknown} _contexts @param {import('@jest/reporters').AggregatedResult} results */
  onRunComplete(_contexts, results) {
    const failed = results.numFailedTests + results.numRuntimeErrorTestSuites;
    const skipped = results.numPendingTests + results.numTodoTests;
    this.#line = `${results.numPassedTests} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
  }
}
