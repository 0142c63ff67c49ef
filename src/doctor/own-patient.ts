import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { environmentForNode, inheritedEnvironment } from '../embedded/engines/child-environment.js';
import { runningEngines } from '../embedded/engines/start-engines.js';
import { freePort } from '../embedded/simulator-port.js';
import type { Patient } from './examination.js';

/** A server that was started to be examined. */
export interface OwnPatient extends Patient {
  stop(): Promise<void>;
}

/** Nothing that the environment names for another server may be touched; an empty variable counts as unset. */
const UNSET = [
  'MONGODB_URI',
  'MONGODB_SWEEPER_URI',
  'REDIS_URL',
  'ULTRAVOX_API_KEY',
  'SMTP_URL',
  'RECORDINGS_URL',
  'PUBLIC_URL',
  'APP_URL',
];

/** Starts the compiled server and a quick simulator, with all else embedded. @throws with what they wrote if they do not start. */
export async function startPatient(): Promise<OwnPatient> {
  const dataDir = await mkdtemp(join(tmpdir(), 'voho-doctor-'));
  const simulator = new Program('../simulator/main.js', ['--port', '0', '--speed', '10'], {});
  const started: Program[] = [simulator];
  const stop = async () => {
    for (const program of started.toReversed()) await program.stop();
    await rm(dataDir, { recursive: true, force: true });
  };
  try {
    const [, simulatorUrl = ''] = await simulator.wrote(/listening on (\S+)/);
    const port = await freePort(0);
    const server = new Program('../main.js', [], {
      ...Object.fromEntries(UNSET.map(name => [name, ''])),
      NODE_ENV: 'development',
      MONTHLY_CALL_MINUTES: 'none',
      INVITATIONS_PER_DAY: '1000000',
      PORT: String(port),
      DATA_DIR: dataDir,
      SIMULATOR_URL: simulatorUrl,
      LOG_LEVEL: 'debug',
      REQUESTS_PER_MINUTE: '1000000',
    });
    started.push(server);
    await server.wrote(/Voho is ready/);
    const engines = await runningEngines(dataDir);
    return {
      url: `http://127.0.0.1:${port}`,
      ...engines,
      wallsUri: engines?.mongodbUri,
      mailDir: join(dataDir, 'mail'),
      log: () => Promise.resolve(server.log),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** A program of Voho's, as a process of its own. */
class Program {
  log = '';
  private readonly child: ChildProcess;

  constructor(file: string, parameters: readonly string[], env: Readonly<Record<string, string>>) {
    const path = fileURLToPath(new URL(file, import.meta.url));
    this.child = spawn(process.execPath, [path, ...parameters], {
      env: { ...environmentForNode(inheritedEnvironment()), ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [this.child.stdout, this.child.stderr])
      stream?.on('data', (chunk: Buffer) => (this.log += chunk.toString()));
  }

  async wrote(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const match = pattern.exec(this.log);
      if (match) return match;
      if (this.child.exitCode !== null) throw new Error(`It did not start:\n${this.log}`);
      await sleep(50);
    }
  }

  async stop(): Promise<void> {
    if (this.child.exitCode !== null) return;
    const ended = once(this.child, 'exit');
    this.child.kill('SIGINT');
    await ended;
  }
}
