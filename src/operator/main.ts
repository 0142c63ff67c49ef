#!/usr/bin/env node
import { operator } from './operator.js';

const { exitCode, text } = await operator(
  process.argv.slice(2),
  line => new Promise(resolve => process.stdout.write(`${line}\n`, () => resolve())),
  () => import('../app.module.js'),
);
if (exitCode !== 0) console.error(text);
else if (text !== '') console.log(text);
// What a failed start has left open must not keep the process alive.
process.exit(exitCode);
