import { clockJumps } from './clock-row.js';
import { lostAnswers } from './lost-answer-row.js';
import { mixed } from './mixed-row.js';
import { failover, majorityLost } from './mongo-rows.js';
import { partitions } from './network-row.js';
import { killedServers, rollingRestart } from './process-rows.js';
import { providerNews } from './provider-row.js';
import { redisAway } from './redis-rows.js';
import { slowReader } from './slow-reader-row.js';
import { failingReceivers } from './webhook-row.js';
import type { FaultRow } from './world.js';

/** The matrix. */
export const ROWS: readonly FaultRow[] = [
  killedServers,
  failover,
  majorityLost,
  redisAway,
  slowReader,
  clockJumps,
  partitions,
  lostAnswers,
  providerNews,
  failingReceivers,
  rollingRestart,
  mixed,
];

/** What a minute for every change looks into. */
export const CI_ROWS = ['R1', 'R2', 'R4', 'R9', 'R10', 'R12'];
