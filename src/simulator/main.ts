import { parseArgs } from 'node:util';
import { startSimulator, type SimulatorOptions } from './start-simulator.js';

const USAGE =
  'Usage: node dist/simulator/main.js [--host 127.0.0.1] [--port 4100] [--api-key KEY] [--state-dir DIR] [--speed 1]';

/** The options of the command line. Throws an Error with a sentence about what is wrong. */
function optionsOf(args: string[]): SimulatorOptions {
  const { values } = parseArgs({
    args,
    options: {
      host: { type: 'string' },
      port: { type: 'string', default: '4100' },
      'api-key': { type: 'string' },
      'state-dir': { type: 'string' },
      speed: { type: 'string', default: '1' },
    },
  });
  const port = Number(values.port);
  const speed = Number(values.speed);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) throw new Error('--port must be 0 to 65535.');
  if (!(speed > 0) || speed === Infinity) throw new Error('--speed must be a number above 0.');
  return {
    port,
    speed,
    ...(values.host === undefined ? {} : { host: values.host }),
    ...(values['api-key'] === undefined ? {} : { apiKey: values['api-key'] }),
    ...(values['state-dir'] === undefined ? {} : { stateDir: values['state-dir'] }),
  };
}

async function main(): Promise<void> {
  const simulator = await startSimulator(optionsOf(process.argv.slice(2)));
  process.stdout.write(`Simulator listening on ${simulator.url}\n`);
  let stopping = false;
  const stop = (): void => {
    if (stopping) return;
    stopping = true;
    void simulator.stop();
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
}

main().catch((error: unknown) => {
  const reason = error instanceof Error ? error.message : String(error);
  process.stderr.write(`${reason}\n${USAGE}\n`);
  process.exitCode = 1;
});
