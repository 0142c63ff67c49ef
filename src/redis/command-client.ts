import { type Command, Redis, type RedisOptions } from 'ioredis';
import { isTimeout, type RedisFaults } from './redis-faults.js';

/** How long Redis may leave a command without an answer. */
const SILENCE_MS = 2000;
/** How long after a time-out Redis is asked whether it answers again, and how often after that. */
const PROBE_EVERY_MS = 1000;
/** A connection on which so many probes got no answer is made anew: the line may be dead though nothing says so. */
const MOST_SILENT_PROBES = 2;

/** Error answers that are part of how scripts are sent. */
const EXPECTED = /^NOSCRIPT\b/;

type Stream = Parameters<Redis['sendCommand']>[1];

/**
 * The connection for commands. A command fails at once while Redis is away. One that gets no answer within 2 s opens a
 * circuit breaker: from then on commands fail at once, until Redis answers a probe. So an operation that
 * needs Redis several times waits for a silent Redis once. Every failure is counted, and no
 * failure is left unhandled, whichever library sent the command and dropped its promise.
 */
export class CommandClient extends Redis {
  private silentProbes: number | null = null;
  private isProbing = false;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    url: string,
    options: Required<Pick<RedisOptions, 'connectTimeout' | 'retryStrategy'>>,
    private readonly faults: RedisFaults,
  ) {
    super(url, {
      ...options,
      enableOfflineQueue: false,
      maxRetriesPerRequest: 0,
      commandTimeout: SILENCE_MS,
    });
    // A new connection is tried with real commands.
    this.on('close', () => {
      this.closeCircuit();
    });
  }

  /** Whether commands fail at once because Redis did not answer lately. */
  get isSilent(): boolean {
    return this.silentProbes !== null;
  }

  /** @ignore */
  override sendCommand(command: Command, stream?: Stream): unknown {
    if (this.isSilent && !this.isProbing && this.status === 'ready') {
      command.reject(new Error('Redis does not answer: it is asked again in a second'));
    } else super.sendCommand(command, stream);
    command.promise.catch((error: unknown) => {
      this.note(command.name, error as Error);
    });
    return command.promise;
  }

  private note(command: string, error: Error): void {
    const isAnswer = error.name === 'ReplyError' && !EXPECTED.test(error.message);
    if (isAnswer || isTimeout(error))
      this.faults.note(command, error, 'so what depends on it is done without');
    if (isTimeout(error) && this.status === 'ready') this.openCircuit();
  }

  private openCircuit(): void {
    if (this.isSilent) return;
    this.silentProbes = 0;
    this.probeLater();
  }

  private closeCircuit(): void {
    clearTimeout(this.timer);
    this.silentProbes = null;
  }

  private probeLater(): void {
    this.timer = setTimeout(() => {
      this.isProbing = true;
      const answer = this.ping();
      this.isProbing = false;
      answer.then(
        () => {
          this.closeCircuit();
        },
        (error: unknown) => {
          this.probed(error as Error);
        },
      );
    }, PROBE_EVERY_MS).unref();
  }

  /** An error is an answer too. */
  private probed(error: Error): void {
    if (this.silentProbes === null) return;
    if (!isTimeout(error)) {
      this.closeCircuit();
      return;
    }
    this.silentProbes += 1;
    if (this.silentProbes >= MOST_SILENT_PROBES) this.disconnect(true);
    else this.probeLater();
  }
}
