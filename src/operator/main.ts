#!/usr/bin/env node
import 'reflect-metadata';
import { operator } from './operator.js';

const { exitCode, text } = await operator(process.argv.slice(2));
if (exitCode === 0) console.log(text);
else console.error(text);
process.exitCode = exitCode;
