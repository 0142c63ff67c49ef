import type { IncomingMessage, Server, ServerResponse } from 'node:http';

/** How long a complete answer may wait without any byte of it being taken, in milliseconds. */
export const UNREAD_MS = 10_000;
/** How long a client may take for a complete answer, however slowly it reads. */
export const READ_MS = 60_000;
/** How long an answer that is still being made, such as an archive, may wait without any byte of it being taken. */
export const PAUSED_MS = 60_000;
/**
 * How fast an answer that is still being made is taken at least, on the average of the time in which some of it waits for
 * the client, in bytes per second: half of what a recording of 8 kHz takes to be heard.
 */
export const LEAST_BYTES_PER_SECOND = 8000;
/** How often those who read too slowly are looked for. */
const LOOK_MS = 1000;

/** What is asked of those who read an answer that is still being made; tests need not wait for a minute. */
export interface ReadingBounds {
  /** How long nothing of it may be taken, and when its average is looked at first. In milliseconds. */
  readonly pausedMs: number;
  readonly leastBytesPerSecond: number;
}

const BOUNDS: ReadingBounds = { pausedMs: PAUSED_MS, leastBytesPerSecond: LEAST_BYTES_PER_SECOND };

/** What has been seen of a response. */
interface Progress {
  /** When all of it was given out; null while it is being made. By `performance.now()`, as every time here. */
  completeAt: number | null;
  /** What had been written when last something was taken, and when that was. */
  written: number;
  movedAt: number;
  /** What its connection had written before it. */
  readonly before: number;
  /** How long some of it has waited for the client, and when that was last looked at. */
  waitedMs: number;
  lookedAt: number;
}

/**
 * Bounds how long an answer may be held by a client that does not read it, whatever route it comes from: the connection
 * is cut. An answer that is sent while it is made has so a deadline as a whole, its length at the lowest rate. Event streams are left to their own patience, which tells their readers why. Must be called
 * before the server listens.
 */
export function boundSlowReaders(server: Server, bounds: ReadingBounds = BOUNDS): void {
  const open = new Map<ServerResponse, Progress>();
  server.on('request', (_request: IncomingMessage, response: ServerResponse) => {
    const now = performance.now();
    const before = response.socket?.bytesWritten ?? 0;
    open.set(response, {
      completeAt: null,
      written: before,
      movedAt: now,
      before,
      waitedMs: 0,
      lookedAt: now,
    });
    response.once('close', () => open.delete(response));
  });
  const timer = setInterval(() => {
    const now = performance.now();
    for (const [response, progress] of open) {
      if (!isEventStream(response) && isTooSlow(response, progress, now, bounds)) response.destroy();
    }
  }, LOOK_MS).unref();
  server.once('close', () => {
    clearInterval(timer);
  });
}

function isTooSlow(
  response: ServerResponse,
  progress: Progress,
  now: number,
  { pausedMs, leastBytesPerSecond }: ReadingBounds,
): boolean {
  if (response.writableEnded) {
    if (progress.completeAt === null) {
      progress.completeAt = now;
      // Node itself sees how much of one large write has been taken. It cuts the connection.
      response.setTimeout(UNREAD_MS);
    }
    return now - progress.completeAt > READ_MS;
  }
  const written = response.socket?.bytesWritten ?? 0;
  const isWaiting = response.writableLength > 0;
  // What waits for the server, and not for the client, may take its time.
  if (!isWaiting || written !== progress.written) {
    progress.written = written;
    progress.movedAt = now;
  }
  if (isWaiting) progress.waitedMs += now - progress.lookedAt;
  progress.lookedAt = now;
  const least = (progress.waitedMs / 1000) * leastBytesPerSecond;
  const isBehind = progress.waitedMs > pausedMs && written - progress.before < least;
  return isBehind || now - progress.movedAt > pausedMs;
}

const isEventStream = (response: ServerResponse): boolean =>
  String(response.getHeader('content-type')).startsWith('text/event-stream');
