/**
 * Compares the committed schema.gql with what the built code emits. A difference is either a change of the public API
 * that nobody committed, or one that nobody meant.
 */
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root, runNode } from './run-step.mjs';

/** Says where the two texts part, with both lines; null when they are equal. */
function firstDifference(committed, emitted) {
  if (committed === emitted) return null;
  const [old, now] = [committed.split('\n'), emitted.split('\n')];
  let line = 0;
  while (old[line] === now[line] && line < old.length) line += 1;
  const show = text => (text === undefined ? '(end of file)' : text);
  return `first at line ${line + 1}:\n  schema.gql: ${show(old[line])}\n  the code:   ${show(now[line])}`;
}

function fail(sentence) {
  console.error(sentence);
  process.exitCode = 1;
}

const emitter = join(root, 'dist/emit-schema.js');
const committedFile = join(root, 'schema.gql');
const folder = await mkdtemp(join(tmpdir(), 'voho-schema-'));
try {
  const emittedFile = join(folder, 'schema.gql');
  if (!existsSync(emitter)) {
    fail('There is no dist/emit-schema.js: run `npm run build` first.');
  } else if (!existsSync(committedFile)) {
    fail('There is no schema.gql: run `npm run schema` and commit it.');
  } else if ((await runNode([emitter, emittedFile])) !== 0) {
    fail('The schema could not be emitted; the reason stands above.');
  } else {
    const difference = firstDifference(
      await readFile(committedFile, 'utf8'),
      await readFile(emittedFile, 'utf8'),
    );
    if (difference === null) console.log('schema.gql is what the code emits.');
    else
      fail(
        `schema.gql differs from what the code emits, ${difference}\nRun \`npm run schema\` and commit the result.`,
      );
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}
