import { InvalidEnvironmentError, readEnv } from './config/env.js';
import { embed } from './embedded/embed.js';
import { EngineUnavailableError } from './embedded/engines/start-engines.js';
import { freePort } from './embedded/simulator-port.js';
import { seedDemo } from './embedded/demo-data.js';
import { startServer } from './server.js';

/** Exit codes: 0 stopped on request, 1 could not start, 2 the environment is not usable. */
async function main(): Promise<void> {
  const read = readEnv();
  const env = read.PORT === 0 ? { ...read, PORT: (await freePort(0)) ?? 0 } : read;
  const ground = await embed(env, say);
  const { settings } = ground;
  const server = await startServer(settings).catch(async (error: unknown) => {
    await ground.stop();
    throw error;
  });
  if (settings.demo) await seedDemo(server.app, settings.demo);
  say(`Voho is ready: ${settings.PUBLIC_URL}/graphql`);
  if (settings.demo) {
    const { subdomain, email, password } = settings.demo;
    say(`Sign in to the demo tenant "${subdomain}" as ${email} with the password ${password}`);
  }

  let isStopping = false;
  const stop = (signal: string) => {
    if (isStopping) return;
    isStopping = true;
    say(`Stopping on ${signal} …`);
    server
      .stop()
      .then(() => ground.stop())
      .then(
        () => process.exit(0),
        (error: unknown) => {
          fail(error);
        },
      );
  };
  process.on('SIGINT', () => {
    stop('Ctrl-C');
  });
  process.on('SIGTERM', () => {
    stop('SIGTERM');
  });
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

function fail(error: unknown): never {
  const known = error instanceof InvalidEnvironmentError || error instanceof EngineUnavailableError;
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
