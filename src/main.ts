import { readEnv } from './config/env.js';
import { InvalidEnvironmentError } from './config/invalid-environment.error.js';
import { embed } from './embedded/embed.js';
import { EngineUnavailableError } from './embedded/engines/start-engines.js';
import { ConflictingIndexError } from './errors/conflicting-index.error.js';
import { UnpreparedDatabaseError } from './errors/unprepared-database.error.js';
import { freePort } from './embedded/simulator-port.js';
import { seedDemo } from './embedded/demo-data.js';
import { startServer } from './server.js';
import { Metrics } from './telemetry/metrics.js';
import { ProcessGuard } from './telemetry/process-guard.js';

/** Exit codes: 0 stopped on request, 1 could not start or stop, or fell, 2 the environment is not usable. */
async function main(): Promise<void> {
  const guard = new ProcessGuard(() => process.exit(1));
  const steps = new StopSteps();
  process.on('SIGINT', () => {
    stop(steps, 'Ctrl-C');
  });
  let handOver = () => Promise.resolve();
  process.on('SIGTERM', () => {
    // A person waits after Ctrl-C, a deployment does not.
    if (!steps.isRunning) steps.add(() => handOver());
    stop(steps, 'SIGTERM');
  });

  const read = readEnv();
  const env = read.PORT === 0 ? { ...read, PORT: (await freePort(0)) ?? 0 } : read;
  const ground = await embed(env, say);
  steps.add(() => ground.stop());
  const { settings } = ground;
  try {
    const server = await startServer(settings);
    guard.countIn(server.app.get(Metrics));
    steps.add(() => server.stop());
    handOver = () => server.handOver();
    if (settings.demo) await seedDemo(server.app, settings.demo);
  } catch (error) {
    await steps.run();
    throw error;
  }
  say(`Voho is ready: ${settings.PUBLIC_URL}/graphql`);
  if (settings.demo) {
    const { subdomain, email, password } = settings.demo;
    say(`Sign in to the demo tenant "${subdomain}" as ${email} with the password ${password}`);
  }
}

/** What has been started so far, to be ended in the reverse order, once. */
class StopSteps {
  private readonly steps: (() => Promise<void>)[] = [];
  isRunning = false;

  add(step: () => Promise<void>): void {
    this.steps.unshift(step);
  }

  async run(): Promise<void> {
    this.isRunning = true;
    for (const step of this.steps.splice(0)) await step();
  }
}

/** Stops on request, also in the middle of the start; what is being started then ends with this process. */
function stop(steps: StopSteps, reason: string): void {
  if (steps.isRunning) return;
  say(`Stopping on ${reason} …`);
  steps.run().then(() => process.exit(0), fail);
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

function fail(error: unknown): never {
  const known = [
    InvalidEnvironmentError,
    EngineUnavailableError,
    UnpreparedDatabaseError,
    ConflictingIndexError,
  ].some(type => error instanceof type);
  const inUse = (error as NodeJS.ErrnoException).code === 'EADDRINUSE';
  const text = inUse
    ? 'The port is taken: stop what listens there, or set PORT to another one.'
    : known
      ? (error as Error).message
      : ((error as Error).stack ?? String(error));
  process.stderr.write(`${text}\n`);
  process.exit(error instanceof InvalidEnvironmentError ? 2 : 1);
}

main().catch(fail);
