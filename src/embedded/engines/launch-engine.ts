import { mkdir, rename } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { EngineUnavailableError, reasonOf } from './engine-unavailable.error.js';
import { readLog, tellingLine, tellsTakenPort } from './engine-log.js';
import { freePort, waitForPort } from './local-port.js';
import type { SupervisedProcess, Supervisor } from './supervisor.js';

/** How one kind of engine is started and how it is known to be ready. */
export interface EngineLaunch {
  readonly name: 'MongoDB' | 'Redis';
  readonly program: string;
  /** The engine's own folder; made when it is missing. */
  readonly folder: string;
  readonly logFile: string;
  readonly endSignal: NodeJS.Signals;
  readonly graceMs: number;
  parameters(port: number): string[];
  uri(port: number): string;
  /**
   * Looks once, and does the next step towards readiness. It must make sure that process `pid` is the one that answers:
   * between choosing a port and using it, a stranger's engine may have taken it.
   * @throws Error whenever the engine is not yet ready; it is then asked again.
   */
  becomeReady(port: number, pid: number): Promise<void>;
}

/** An engine that runs and is ready. */
export interface RunningEngine {
  readonly process: SupervisedProcess;
  readonly port: number;
  readonly uri: string;
}

const PORT_ATTEMPTS = 8;
const READY_LIMIT_MS = 180_000;

/**
 * Starts an engine on a free port of 127.0.0.1 and waits until it is ready; a port that is taken meanwhile is given up
 * for another. Its log begins anew, and the one before is kept as `.old`: two logs at most,
 * and a crash can still be read after the start that followed it.
 * @param onSpawn called with each process as soon as it exists, so that it can be recorded before anything can go wrong.
 * @throws EngineUnavailableError with the telling line of the engine's log.
 */
export async function launchEngine(
  launch: EngineLaunch,
  supervisor: Supervisor,
  onSpawn: (process: SupervisedProcess) => Promise<void>,
  choosePort: () => Promise<number> = freePort,
): Promise<RunningEngine> {
  const { program, folder, logFile, endSignal, graceMs } = launch;
  await mkdir(folder, { recursive: true, mode: 0o700 });
  for (let attempt = 1; ; attempt += 1) {
    const port = await choosePort();
    await rename(logFile, `${logFile}.old`).catch(() => undefined);
    let ending: string;
    try {
      const parameters = launch.parameters(port);
      const process = await supervisor.start({ program, parameters, folder, logFile, endSignal, graceMs });
      await onSpawn(process);
      const end = await waitUntilReady(launch, port, process);
      if (end === null) return { process, port, uri: launch.uri(port) };
      ending = end;
    } catch (fault) {
      ending = reasonOf(fault);
    }
    const log = await readLog(logFile);
    if (tellsTakenPort(log) && attempt < PORT_ATTEMPTS) continue;
    throw new EngineUnavailableError(
      `${launch.name} did not start (${ending}): ${tellingLine(log)} - the whole log is ${logFile}.`,
    );
  }
}

/** Null when the engine is ready, or else the reason why it will not be. */
async function waitUntilReady(
  launch: EngineLaunch,
  port: number,
  process: SupervisedProcess,
): Promise<string | null> {
  const over = new AbortController();
  let notReady = 'it does not listen';
  const limit = setTimeout(() => over.abort(`it was not ready in time: ${notReady}`), READY_LIMIT_MS);
  void process.ended.then(ending => over.abort(ending));
  try {
    while (!over.signal.aborted) {
      await waitForPort(port, over.signal);
      try {
        await launch.becomeReady(port, process.pid);
        return null;
      } catch (fault) {
        notReady = reasonOf(fault);
        await sleep(20);
      }
    }
  } finally {
    clearTimeout(limit);
  }
  return String(over.signal.reason);
}
