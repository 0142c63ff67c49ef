/**
 * Everything a change must pass, as CI runs it. All steps run even when one fails, so that one run tells everything;
 * only the schema check waits for a build that worked.
 *
 * `--without-tests` leaves the tests out, for a caller that has just run them on the same sources.
 */
import { runNpm, seconds } from './run-step.mjs';

const STEPS = [
  { script: 'format:check' },
  { script: 'lint' },
  { script: 'types' },
  { script: 'deps' },
  { script: 'build' },
  { script: 'schema:check', needs: 'build' },
  { script: 'test' },
];

const unknown = process.argv.slice(2).filter(argument => argument !== '--without-tests');
if (unknown.length > 0) {
  console.error(`Unknown argument ${unknown.join(' ')}: only --without-tests is known.`);
  process.exit(2);
}
const withoutTests = process.argv.includes('--without-tests');

/** @type {Map<string, string>} */
const outcomes = new Map();
for (const { script, needs } of STEPS) {
  if (script === 'test' && withoutTests) {
    outcomes.set(script, 'left out (--without-tests)');
  } else if (needs !== undefined && outcomes.get(needs)?.startsWith('FAILED')) {
    outcomes.set(script, `FAILED: it needs ${needs}`);
  } else {
    console.log(`\n== ${script}`);
    const start = performance.now();
    const code = await runNpm(script);
    outcomes.set(script, `${code === 0 ? 'ok' : 'FAILED'} ${seconds(start)}`);
  }
}

const failed = [...outcomes.values()].filter(outcome => outcome.startsWith('FAILED')).length;
const table = [...outcomes].map(([script, outcome]) => `  ${script.padEnd(14)}${outcome}`).join('\n');
const verdict =
  failed === 0 ? 'Everything checked is in order.' : `${failed} of ${STEPS.length} steps failed.`;
// The table goes to the error stream: the last line of the output stays the one that counts the tests.
console.error(`\nnpm run check\n${table}\n${verdict}`);
process.exitCode = failed === 0 ? 0 : 1;
