import { writeFile } from 'node:fs/promises';
import { format, resolveConfig } from 'prettier';
import { runMatrix } from './matrix.js';
import { readOptions } from './options.js';
import { report } from './report.js';

const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

/** Exit codes: 0 all rows passed, 1 some failed, 2 the run could not be made. */
async function main(): Promise<number> {
  const args = process.argv.slice(2);
  const options = readOptions(args);
  const result = await runMatrix(options, say);
  const { text, passed, failed } = report(result, options, args);
  say(text);
  if (options.output !== null) {
    const style = await resolveConfig(options.output);
    await writeFile(options.output, await format(text, { ...style, parser: 'markdown' }));
  }
  say(`${passed} passed, ${failed} failed`);
  return failed > 0 ? 1 : 0;
}

main().then(
  code => process.exit(code),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    process.exit(2);
  },
);
