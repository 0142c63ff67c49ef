import type { ChildEnvironment } from './child-environment.js';
import { removeEngineRecord, writeEngineRecord, type EngineRecord } from './engine-record.js';
import type { EngineBinary } from './engine-binary.js';
import { EngineUnavailableError } from './engine-unavailable.error.js';
import { findMongod, type Search } from './find-mongod.js';
import { findValkey } from './find-valkey.js';
import { keepRunning } from './keep-running.js';
import { launchEngine, type EngineLaunch } from './launch-engine.js';
import { mongodLaunch } from './mongod-launch.js';
import { identify } from './process-identity.js';
import { endRecorded } from './stop-orphans.js';
import { StepTicker } from './step-ticker.js';
import { Supervisor, type SupervisedProcess } from './supervisor.js';
import { valkeyLaunch } from './valkey-launch.js';

/** What a session of engines works with. */
export interface SessionSettings {
  readonly dataDir: string;
  readonly cacheDir: string;
  readonly mongodBinary: string | undefined;
  readonly ephemeral: boolean;
  readonly environment: ChildEnvironment;
  readonly report: (line: string) => void;
  /** Gives the data folder back when everything has ended. */
  readonly release: () => Promise<void>;
}

type EngineKey = 'mongodb' | 'redis';

/** The engines of one server, from their start to their end, in a data folder that the server has locked. */
export class EngineSession {
  readonly #supervisor: Supervisor;
  readonly #record: EngineRecord = {};
  #writing: Promise<void> = Promise.resolve();
  #stopped: Promise<void> | null = null;

  constructor(private readonly settings: SessionSettings) {
    const { dataDir, environment, ephemeral } = settings;
    this.#supervisor = new Supervisor(`voho engines in ${dataDir}`, environment, ephemeral ? dataDir : null);
  }

  /** Starts the wanted engines at the same time; when one fails, the others are ended before it throws. */
  async start(
    wanted: Readonly<Record<EngineKey, boolean>>,
  ): Promise<{ mongodbUri?: string; redisUrl?: string }> {
    const { dataDir, ephemeral, mongodBinary } = this.settings;
    const supervisor = this.#supervisor.pid === undefined ? null : await identify(this.#supervisor.pid);
    if (supervisor !== null) this.#record.supervisor = supervisor;
    const [mongodb, redis] = await Promise.allSettled([
      wanted.mongodb
        ? this.#startOne(
            'mongodb',
            search => findMongod(search, mongodBinary),
            binary => mongodLaunch(binary.path, dataDir, ephemeral),
          )
        : undefined,
      wanted.redis
        ? this.#startOne('redis', findValkey, binary => valkeyLaunch(binary.path, dataDir, ephemeral))
        : undefined,
    ]);
    if (mongodb.status === 'fulfilled' && redis.status === 'fulfilled') {
      this.#supervisor.unref();
      return {
        ...(mongodb.value !== undefined && { mongodbUri: mongodb.value }),
        ...(redis.value !== undefined && { redisUrl: redis.value }),
      };
    }
    await this.stop();
    throw joinFaults(
      [mongodb, redis].flatMap(result => (result.status === 'rejected' ? [result.reason as unknown] : [])),
    );
  }

  /** Ends everything; resolves when every process is gone and the data folder is free. */
  stop(): Promise<void> {
    this.#stopped ??= this.#end();
    return this.#stopped;
  }

  async #end(): Promise<void> {
    const ticker = new StepTicker(this.settings.report);
    try {
      ticker.beginQuietly('stopping the engines');
      await this.#supervisor.end();
      await this.#writing.catch(() => undefined);
      // A supervisor that was itself killed has left its engines behind; the record knows them.
      await endRecorded(this.#record, this.settings.dataDir, () => undefined);
      await removeEngineRecord(this.settings.dataDir);
    } finally {
      ticker.end();
      await this.settings.release();
    }
  }

  async #startOne(
    key: EngineKey,
    find: (search: Search) => Promise<EngineBinary>,
    launchOf: (binary: EngineBinary) => EngineLaunch,
  ): Promise<string> {
    const { cacheDir, environment, report } = this.settings;
    const ticker = new StepTicker(report);
    try {
      const binary = await find({ cacheDir, environment, ticker });
      const launch = launchOf(binary);
      ticker.begin(`starting ${launch.name} (${binary.path}, version ${binary.version})`);
      const onSpawn = (process: SupervisedProcess): Promise<void> => this.#remember(key, process.pid);
      const engine = await launchEngine(launch, this.#supervisor, onSpawn);
      await this.#remember(key, engine.process.pid, engine.uri);
      void keepRunning(engine, {
        launch,
        supervisor: this.#supervisor,
        onSpawn: process => this.#remember(key, process.pid, engine.uri),
        report,
        isStopping: () => this.#stopped !== null,
      });
      return engine.uri;
    } finally {
      ticker.end();
    }
  }

  /** Writes the process down, one write after the other, so that an older record never replaces a newer one. */
  #remember(key: EngineKey, pid: number, uri?: string): Promise<void> {
    const write = async (): Promise<void> => {
      const process = await identify(pid);
      if (process !== null) this.#record[key] = { process, uri };
      await writeEngineRecord(this.settings.dataDir, this.#record);
    };
    this.#writing = this.#writing.then(write, write);
    return this.#writing;
  }
}

/** One fault as it is; several sentences of unavailable engines as one text, so that all are known at once. */
function joinFaults(faults: readonly unknown[]): unknown {
  const [first, ...others] = faults;
  if (others.length === 0 || !faults.every(fault => fault instanceof EngineUnavailableError)) return first;
  return new EngineUnavailableError(faults.map(fault => fault.message).join('\n'), { cause: first });
}
