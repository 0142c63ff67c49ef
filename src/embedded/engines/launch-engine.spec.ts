import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { inheritedEnvironment } from './child-environment.js';
import { findValkey } from './find-valkey.js';
import { launchEngine, type EngineLaunch } from './launch-engine.js';
import { freePort } from './local-port.js';
import { StepTicker } from './step-ticker.js';
import { Supervisor } from './supervisor.js';
import { valkeyLaunch } from './valkey-launch.js';

const PATIENCE_MS = 300_000;

describe('launchEngine', () => {
  let folder: string;
  let supervisor: Supervisor;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'voho-launch-'));
    supervisor = new Supervisor('voho test', inheritedEnvironment(), folder);
  });
  afterEach(async () => {
    await supervisor.end();
    await rm(folder, { recursive: true, force: true });
  });

  const launchIn = async (name: string): Promise<EngineLaunch> => {
    const ticker = new StepTicker(() => undefined);
    const cacheDir = join(homedir(), '.cache', 'voho');
    const binary = await findValkey({ cacheDir, environment: inheritedEnvironment(), ticker });
    ticker.end();
    return valkeyLaunch(binary.path, join(folder, name), true);
  };
  const nothing = (): Promise<void> => Promise.resolve();

  it(
    "takes another port when an engine of somebody else's has taken the chosen one meanwhile",
    async () => {
      const stranger = await launchEngine(await launchIn('stranger'), supervisor, nothing);
      const ports = [stranger.port, stranger.port];
      const choose = async (): Promise<number> => ports.pop() ?? freePort();
      const engine = await launchEngine(await launchIn('own'), supervisor, nothing, choose);
      expect(ports).toEqual([]);
      expect(engine.port).not.toBe(stranger.port);
      expect(engine.process.pid).not.toBe(stranger.process.pid);
    },
    PATIENCE_MS,
  );

  it(
    'fails with what the engine itself said',
    async () => {
      const launch = { ...(await launchIn('own')), parameters: () => ['--no-such-option', 'yes'] };
      await expect(launchEngine(launch, supervisor, nothing)).rejects.toThrow(
        /^Redis did not start \(exit code 1\): .*Bad directive.*the whole log is .*redis\.log\.$/,
      );
    },
    PATIENCE_MS,
  );
});
