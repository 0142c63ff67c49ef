import { writeFile } from 'node:fs/promises';
import { format, resolveConfig } from 'prettier';
import { callAll } from './callers.js';
import { check } from './check/check.js';
import { startGround } from './ground.js';
import { type LoadOptions, readOptions } from './options.js';
import { passTime } from './pass-time.js';
import { type LoadResult, report } from './report.js';
import { signUpTenants } from './tenants.js';

const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

/** Exit codes: 0 everything held, 1 something did not, 2 the run could not be made. */
async function main(): Promise<number> {
  const args = process.argv.slice(2);
  const options = readOptions(args);
  const { text, passed, failed } = report(await run(options), options, args);
  say(text);
  if (options.output !== null) {
    const style = await resolveConfig(options.output);
    await writeFile(options.output, await format(text, { ...style, parser: 'markdown' }));
  }
  say(`${passed} passed, ${failed} failed`);
  return failed > 0 ? 1 : 0;
}

async function run(options: LoadOptions): Promise<LoadResult> {
  const time = stopwatch();
  const crashes: string[] = [];
  say('Starting MongoDB, Valkey, the simulator and the servers …');
  const ground = await startGround(options, what => crashes.push(what));
  let isDone = false;
  try {
    const tenants = await signUpTenants(ground.url, options.tenants);
    const start = time();
    say(`Calling, everything runs after ${start} s in ${ground.folder} …`);
    const calling = await callAll({ ...options, tenants, mongodbUri: ground.mongodbUri, say });
    const calls = time();
    say(`Letting time pass, after ${calls} s of calls …`);
    const hoursPassed = await passTime(ground.mongodbUri, ground.simulatorUrl, say);
    const passing = time();
    say(`Comparing, after ${passing} s …`);
    const tally = await check({ ...ground, tenants, ids: calling.ids });
    const lines = [...tally.lines.values()];
    isDone = lines.every(({ bad }) => bad === 0);
    return {
      calling,
      hoursPassed,
      lines,
      crashes,
      secondsOf: { start, calls, time: passing, check: time() },
    };
  } finally {
    await ground.stop(options.keep || !isDone);
  }
}

/** Tells the seconds since it was asked last. */
function stopwatch(): () => number {
  let last = performance.now();
  return () => {
    const before = last;
    last = performance.now();
    return Math.round((last - before) / 1000);
  };
}

main().then(
  code => process.exit(code),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    process.exit(2);
  },
);
