import { setTimeout as sleep } from 'node:timers/promises';
import { readEngineRecord, removeEngineRecord, type EngineRecord } from './engine-record.js';
import { EngineUnavailableError } from './engine-unavailable.error.js';
import { isAlive, signalProcess, type ProcessIdentity } from './process-identity.js';

const GRACE_MS = 30_000;
const LAST_MS = 5_000;

/**
 * Ends what an earlier server has left running in this data folder and forgets it. The caller holds the folder's lock.
 * @param onWait called once, when something has to be waited for.
 * @throws EngineUnavailableError when a process cannot be ended.
 */
export async function stopOrphans(dataDir: string, onWait: () => void): Promise<void> {
  await endRecorded(await readEngineRecord(dataDir), dataDir, onWait);
  await removeEngineRecord(dataDir);
}

/**
 * Ends the recorded processes that still run, in their orderly way where they take it. Only a process whose number and
 * start time are the recorded ones is signalled.
 * @throws EngineUnavailableError when one cannot be ended, because two engines on the same files destroy them.
 */
export async function endRecorded(record: EngineRecord, dataDir: string, onWait: () => void): Promise<void> {
  const { supervisor, mongodb, redis } = record;
  const known = [supervisor, mongodb?.process, redis?.process].filter(process => process !== undefined);
  let left = await living(known);
  if (left.length === 0) return;
  onWait();
  left = await endAll(left, 'SIGTERM', GRACE_MS);
  left = await endAll(left, 'SIGKILL', LAST_MS);
  const stubborn = left[0];
  if (stubborn === undefined) return;
  throw new EngineUnavailableError(
    `Process ${stubborn.pid} of an earlier server still works on DATA_DIR ${dataDir} and cannot be ended: end it, or set another DATA_DIR.`,
  );
}

async function endAll(
  processes: readonly ProcessIdentity[],
  signal: NodeJS.Signals,
  limitMs: number,
): Promise<ProcessIdentity[]> {
  for (const process of processes) await signalProcess(process, signal);
  const deadline = Date.now() + limitMs;
  let left = await living(processes);
  while (left.length > 0 && Date.now() < deadline) {
    await sleep(50);
    left = await living(left);
  }
  return left;
}

async function living(processes: readonly ProcessIdentity[]): Promise<ProcessIdentity[]> {
  const alive = await Promise.all(processes.map(isAlive));
  return processes.filter((_process, index) => alive[index]);
}
