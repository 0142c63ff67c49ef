import { cp, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compiledServer, makeRunnable, patchCompiled } from '../fault/ground/compiled.js';
import { startEphemeralEngines } from '../kit/ephemeral-engines.js';
import { ended, type Notice, noticeOf } from './observer.js';
import type { Removal } from './removal.js';

/** The compiled server, and a MongoDB where walls are tried. */
export class Examinations {
  private copies = 0;

  private constructor(
    private readonly folder: string,
    private readonly program: string,
    private readonly mongodbUri: string,
    private readonly stopEngines: () => Promise<void>,
  ) {}

  static async begin(): Promise<Examinations> {
    const folder = await mkdtemp(join(tmpdir(), 'voho-mutations-'));
    const program = await compiledServer(join(folder, 'whole'));
    const engines = await startEphemeralEngines({ dataDir: join(folder, 'engines'), redis: false });
    return new Examinations(folder, program, engines.mongodbUri ?? '', () => engines.stop());
  }

  /** @throws Error for a lock that is not where it was. */
  async assertFit(removals: readonly Removal[]): Promise<void> {
    const folder = join(this.folder, 'fit');
    for (const removal of removals) {
      for (const { file } of removal.patches) await cp(join(this.program, file), join(folder, file));
      await patchCompiled(folder, removal.lock, removal.patches);
    }
  }

  async end(): Promise<void> {
    await this.stopEngines();
    await rm(this.folder, { recursive: true, force: true });
  }

  /**
   * Takes a lock out of a copy of the compiled server and asks in turn whoever may notice, the quickest first. Null:
   * nobody does. @throws when the lock is not where it was, or nobody could look.
   */
  async without(removal: Removal): Promise<Notice | null> {
    this.copies += 1;
    const folder = join(this.folder, String(this.copies));
    const program = join(folder, 'dist');
    try {
      await mkdir(folder);
      await cp(this.program, program, { recursive: true });
      await makeRunnable(folder);
      await patchCompiled(program, removal.lock, removal.patches);
      const doctor = join(program, 'doctor/main.js');
      return (
        noticeOf('the doctor, at the walls', await ended([doctor, '--walls', this.mongodbUri])) ??
        (removal.spec === undefined
          ? noticeOf('the doctor, on the server', await ended([doctor]))
          : await testsOn(program, removal.spec))
      );
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }
}

/** Runs tests on the compiled files. @throws when none could be run. */
async function testsOn(program: string, spec: string): Promise<Notice | null> {
  const flags = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'];
  const jest = ['node_modules/jest/bin/jest.js', '--config', 'jest.mutations.config.mjs', spec];
  const { code, output } = await ended([...flags, ...jest], { MUTANT: program });
  if (code === 0) return null;
  const [, failed] = /● (.*)/.exec(output) ?? [];
  if (failed === undefined || failed.includes('Test suite failed to run'))
    throw new Error(`${spec} could not be run: ${output.slice(-800)}`);
  return { observer: spec, saying: failed };
}
