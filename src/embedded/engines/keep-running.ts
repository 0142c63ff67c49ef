import { setTimeout as sleep } from 'node:timers/promises';
import { reasonOf } from './engine-unavailable.error.js';
import { launchEngine, type EngineLaunch, type RunningEngine } from './launch-engine.js';
import type { SupervisedProcess, Supervisor } from './supervisor.js';

const RESTARTS = 5;
const WITHIN_MS = 60_000;
const PAUSE_MS = 250;

/** What {@link keepRunning} works with. */
export interface KeepRunning {
  readonly launch: EngineLaunch;
  readonly supervisor: Supervisor;
  readonly onSpawn: (process: SupervisedProcess) => Promise<void>;
  readonly report: (line: string) => void;
  /** True from the moment the engines are stopped on purpose. */
  readonly isStopping: () => boolean;
}

/**
 * Starts an engine that dies while the server lives again on the same port and data, so that open connections come
 * back by themselves. Gives up after 5 times within a minute. Resolves when there is nothing more to watch.
 */
export async function keepRunning(engine: RunningEngine, work: KeepRunning): Promise<void> {
  const { launch, supervisor, onSpawn, report, isStopping } = work;
  const restarts: number[] = [];
  let ended = engine.process.ended;
  for (;;) {
    const ending = await ended;
    if (isStopping()) return;
    if (supervisor.isGone) {
      report(`${launch.name} has lost its supervisor and is not watched any more`);
      return;
    }
    restarts.push(Date.now());
    if (restarts.filter(time => time > Date.now() - WITHIN_MS).length > RESTARTS) {
      report(`${launch.name} ended again (${ending}) and is not started any more`);
      return;
    }
    report(`${launch.name} ended (${ending}) and is started again`);
    await sleep(PAUSE_MS, undefined, { ref: false });
    if (isStopping()) return;
    try {
      const port = (): Promise<number> => Promise.resolve(engine.port);
      ended = (await launchEngine(launch, supervisor, onSpawn, port)).process.ended;
    } catch (fault) {
      ended = Promise.resolve(reasonOf(fault));
    }
  }
}
