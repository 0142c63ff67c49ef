import { spawn, type ChildProcess } from 'node:child_process';
import { environmentForNode, type ChildEnvironment } from './child-environment.js';
import { supervise, type StartOrder, type SupervisorReport } from './supervise.js';

/** A program that runs under the supervisor. */
export interface SupervisedProcess {
  readonly pid: number;
  /** Resolves when it has ended, with the way in words (`SIGKILL`, `exit code 48`); never rejects. */
  readonly ended: Promise<string>;
}

interface Listener {
  started(pid: number): void;
  ended(ending: string): void;
}

/** The variables engines may need; the rest of the environment, secrets among it, is not theirs to see. */
const FOR_ENGINES = [
  'PATH',
  'HOME',
  'LANG',
  'LC_ALL',
  'TZ',
  'TMPDIR',
  'LD_LIBRARY_PATH',
  'DYLD_LIBRARY_PATH',
];

/** The server's end of the supervisor: starts programs in it and ends them all together. */
export class Supervisor {
  readonly #child: ChildProcess;
  readonly #gone: Promise<void>;
  readonly #listeners = new Map<number, Listener>();
  #lastId = 0;

  /** @param removeAtEnd a folder that the supervisor deletes when everything has ended, or null. */
  constructor(label: string, environment: ChildEnvironment, removeAtEnd: string | null) {
    const program = `(${supervise.toString()})(${JSON.stringify(removeAtEnd)})`;
    const variables = Object.fromEntries(FOR_ENGINES.map(name => [name, environment[name]]));
    this.#child = spawn(
      process.execPath,
      ['--max-old-space-size=16', '--max-semi-space-size=1', '--eval', program, '--', label],
      // `detached` is a session of its own. Its working folder is the root, so that it keeps no folder in use.
      {
        detached: true,
        cwd: '/',
        env: environmentForNode(variables),
        stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      },
    );
    this.#child.on('message', news => this.#hear(news as SupervisorReport));
    this.#gone = new Promise(resolve => {
      this.#child.once('exit', () => resolve());
      this.#child.once('error', () => resolve());
    });
    void this.#gone.then(() => this.#loseAll());
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /**
   * Starts a program.
   * @throws Error when it cannot be started; the log file may say more.
   */
  async start(order: Omit<StartOrder, 'id'>): Promise<SupervisedProcess> {
    const id = ++this.#lastId;
    let end: (ending: string) => void = () => undefined;
    const ended = new Promise<string>(resolve => (end = resolve));
    const pid = await new Promise<number>((resolve, reject) => {
      this.#listeners.set(id, {
        started: resolve,
        ended: ending => {
          this.#listeners.delete(id);
          reject(new Error(ending));
          end(ending);
        },
      });
      if (!this.#child.connected) return this.#loseAll();
      this.#child.send({ ...order, id } satisfies StartOrder, fault => {
        if (fault !== null) this.#loseAll();
      });
    });
    return { pid, ended };
  }

  /** Whether the supervisor has ended; then nothing can be started in it. */
  get isGone(): boolean {
    return !this.#child.connected;
  }

  /** From now on the supervisor alone does not keep this process from ending. */
  unref(): void {
    this.#child.unref();
    this.#child.channel?.unref();
  }

  /** Ends all programs and the supervisor, each in its orderly way; resolves when all of them are gone. */
  async end(): Promise<void> {
    this.#child.ref();
    if (this.#child.connected) this.#child.disconnect();
    await this.#gone;
  }

  #hear(news: SupervisorReport): void {
    const listener = this.#listeners.get(news.id);
    if ('pid' in news) listener?.started(news.pid);
    else listener?.ended(news.ending);
  }

  #loseAll(): void {
    for (const listener of [...this.#listeners.values()]) listener.ended('its supervisor is gone');
  }
}
