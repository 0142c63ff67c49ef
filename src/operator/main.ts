#!/usr/bin/env node
import { operator } from './operator.js';

const { exitCode, text } = await operator(process.argv.slice(2));
if (exitCode === 0) console.log(text);
else console.error(text);
// What a failed start has left open must not keep the process alive.
process.exit(exitCode);
