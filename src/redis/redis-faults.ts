import { Logger } from '@nestjs/common';

/** How often the same fault is logged. */
const LOG_EVERY_MS = 60_000;

/** One kind of failure: which command failed, and the first word of Redis' answer, or `timeout`. */
export interface RedisFault {
  readonly command: string;
  readonly fault: string;
}

interface Count extends RedisFault {
  count: number;
  /** By `performance.now()`; null while it was never logged. */
  loggedAt: number | null;
}

/** Counts the commands that Redis refused or left without an answer, and logs each kind once a minute at most. */
export class RedisFaults {
  private readonly logger = new Logger('Redis');
  private readonly counts = new Map<string, Count>();

  /** Counts a failure of a command. `consequence` says what it means for the server, for the log. */
  note(command: string, error: Error, consequence: string): void {
    const fault = faultOf(error);
    const key = `${command} ${fault}`;
    const known = this.counts.get(key) ?? { command, fault, count: 0, loggedAt: null };
    known.count += 1;
    this.counts.set(key, known);
    const now = performance.now();
    if (known.loggedAt !== null && now - known.loggedAt < LOG_EVERY_MS) return;
    known.loggedAt = now;
    this.logger.warn(`Redis did not do ${command.toUpperCase()}, ${consequence}: ${error.message}`);
  }

  /** What was counted so far, one entry per kind. */
  all(): readonly (RedisFault & { readonly count: number })[] {
    return [...this.counts.values()];
  }
}

/** The first word of an error answer, as in `NOPERM this user has no permissions`; `timeout` and `error` for the rest. */
function faultOf({ name, message }: Error): string {
  if (isTimeout({ message })) return 'timeout';
  return name === 'ReplyError' ? (/^[A-Z]{2,20}\b/.exec(message)?.[0] ?? 'error') : 'error';
}

/** Whether Redis has left a command without an answer; ioredis has no class for that. */
export const isTimeout = ({ message }: Pick<Error, 'message'>): boolean => message === 'Command timed out';
