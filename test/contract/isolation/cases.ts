import { AGGREGATE_CASES, STATIC_CASES } from './aggregate-cases.js';
import type { Case } from './case.js';
import { DOCUMENT_CASES } from './document-cases.js';
import { READ_CASES } from './read-cases.js';
import { WRITE_CASES } from './write-cases.js';

/** The whole matrix. */
export const CASES: readonly Case[] = [
  ...READ_CASES,
  ...WRITE_CASES,
  ...DOCUMENT_CASES,
  ...AGGREGATE_CASES,
  ...STATIC_CASES,
];
