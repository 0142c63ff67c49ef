import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/** What tests give to servers, or get from them, and no log may hold. */
const FORBIDDEN = {
  'a password': /correct horse battery|canary-[\w-]*password/,
  'an access token': /eyJ[\w-]{8,}\.eyJ[\w-]{8,}\./,
  'a credential of a header': /Bearer [\w.-]{10,}|voho_(access|refresh)=/,
  'an API key': /voho_(live|test)_\w{20,}/,
  'a key of a provider account': /canary-(of-a-)?provider-key/,
  'an e-mail address': /[\w.+-]+@[\w-]+(\.[\w-]+)*\.example/,
  'a phone number': /\+49151\d{6,}/,
  'what was said': /Zaphod|Canarybeeblebrox/,
};

/**
 * Looks through the logs of all servers that the run's tests have started. What must not stand there counts as one
 * failed test for each kind.
 */
export default class LogReporter {
  /** @type {string[]} */
  #faults = [];

  /** @param {unknown} _contexts @param {import('@jest/reporters').AggregatedResult} results */
  onRunComplete(_contexts, results) {
    const folder = process.env['TEST_LOG_DIR'];
    if (folder === undefined) return;
    const lines = readdirSync(folder).flatMap(name => readFileSync(join(folder, name), 'utf8').split('\n'));
    rmSync(folder, { recursive: true, force: true });
    for (const [what, pattern] of Object.entries(FORBIDDEN)) {
      const found = lines.find(line => pattern.test(line));
      if (found !== undefined) this.#faults.push(`The log of a server holds ${what}: ${found.slice(0, 500)}`);
    }
    results.numFailedTests += this.#faults.length;
    if (this.#faults.length > 0) process.stdout.write(`${this.#faults.join('\n')}\n`);
  }

  /** Makes the run fail. */
  getLastError() {
    return this.#faults.length > 0 ? new Error(this.#faults.join('\n')) : undefined;
  }
}
