/**
 * Builds the server, and after it the playground, into an emptied dist.
 * Nest empties dist itself (`deleteOutDir`), so the playground comes second.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { root, runNode } from './run-step.mjs';

const steps = [
  ['node_modules/@nestjs/cli/bin/nest.js', 'build'],
  ...(existsSync(join(root, 'scripts/build-playground.mjs')) ? [['scripts/build-playground.mjs']] : []),
];

for (const step of steps) {
  const code = await runNode(step);
  if (code !== 0) process.exit(code);
}
