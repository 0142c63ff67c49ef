import { parseArgs } from 'node:util';
import { readConversations, readFaults } from './read-files.js';
import { startSimulator, type SimulatorOptions } from './start-simulator.js';

const USAGE = `Usage: npm run simulator -- [options]
  --host 127.0.0.1   --port 4100     where it listens; port 0 takes any free one
  --api-key KEY                      the only X-API-Key it accepts; any without it
  --state-dir DIR                    keeps its calls there, so that they go on after a restart
  --speed 1                          how much faster than in life calls go
  --script FILE                      conversations in YAML or JSON, or a folder of them; may be repeated
  --faults FILE                      faults in force from the start, in YAML or JSON
  --seed TEXT                        makes ids, conversations and drawn faults the same each time
  --help                             shows this

Conversations and faults to begin with are in examples/simulator; docs/simulator.md tells what they may hold.`;

/** The options of the command line; null where only the usage is asked for. Throws an Error with a sentence about what is wrong. */
async function optionsOf(args: string[]): Promise<SimulatorOptions | null> {
  const { values } = parseArgs({
    args,
    options: {
      host: { type: 'string' },
      port: { type: 'string', default: '4100' },
      'api-key': { type: 'string' },
      'state-dir': { type: 'string' },
      speed: { type: 'string', default: '1' },
      script: { type: 'string', multiple: true, default: [] },
      faults: { type: 'string' },
      seed: { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return null;
  const port = Number(values.port);
  const speed = Number(values.speed);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) throw new Error('--port must be 0 to 65535.');
  if (!(speed > 0) || speed === Infinity) throw new Error('--speed must be a number above 0.');
  return {
    port,
    speed,
    conversations: await readConversations(values.script),
    ...(values.faults === undefined ? {} : { faults: await readFaults(values.faults) }),
    ...(values.host === undefined ? {} : { host: values.host }),
    ...(values['api-key'] === undefined ? {} : { apiKey: values['api-key'] }),
    ...(values['state-dir'] === undefined ? {} : { stateDir: values['state-dir'] }),
    ...(values.seed === undefined ? {} : { seed: values.seed }),
  };
}

async function main(): Promise<void> {
  const options = await optionsOf(process.argv.slice(2));
  if (options === null) {
    process.stdout.write(`${USAGE}\n`);
    return;
  }
  const simulator = await startSimulator(options);
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
