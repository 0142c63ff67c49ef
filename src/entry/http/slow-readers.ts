import type { IncomingMessage, Server, ServerResponse } from 'node:http';

/** How long a complete answer may wait without any byte of it being taken, in milliseconds. */
export const UNREAD_MS = 10_000;
/** How long a client may take for a complete answer, however slowly it reads. */
export const READ_MS = 60_000;
/** How long an answer that is still being made, such as an archive, may wait without any byte of it being taken. */
export const PAUSED_MS = 60_000;
/** How often those who read too slowly are looked for. */
const LOOK_MS = 1000;

/** What has been seen of a response. */
interface Progress {
  /** When all of it was given out; null while it is being made. By `performance.now()`, as every time here. */
  completeAt: number | null;
  /** What had been written when last something was taken, and when that was. */
  written: number;
  movedAt: number;
}

/**
 * Bounds how long an answer may stay in memory because its client does not read it, whatever route it comes from: the
 * connection is cut. Event streams are left to their own patience, which tells their readers why. Must be called
 * before the server listens.
 */
export function boundSlowReaders(server: Server): void {
  const open = new Map<ServerResponse, Progress>();
  server.on('request', (_request: IncomingMessage, response: ServerResponse) => {
    open.set(response, { completeAt: null, written: 0, movedAt: performance.now() });
    response.once('close', () => open.delete(response));
  });
  const timer = setInterval(() => {
    const now = performance.now();
    for (const [response, progress] of open) {
      if (!isEventStream(response) && isTooSlow(response, progress, now)) response.destroy();
    }
  }, LOOK_MS).unref();
  server.once('close', () => {
    clearInterval(timer);
  });
}

function isTooSlow(response: ServerResponse, progress: Progress, now: number): boolean {
  if (response.writableEnded) {
    if (progress.completeAt === null) {
      progress.completeAt = now;
      // Node itself sees how much of one large write has been taken. It cuts the connection.
      response.setTimeout(UNREAD_MS);
    }
    return now - progress.completeAt > READ_MS;
  }
  const written = response.socket?.bytesWritten ?? 0;
  // What waits for the server, and not for the client, may take its time.
  if (response.writableLength === 0 || written !== progress.written) {
    progress.written = written;
    progress.movedAt = now;
  }
  return now - progress.movedAt > PAUSED_MS;
}

const isEventStream = (response: ServerResponse): boolean =>
  String(response.getHeader('content-type')).startsWith('text/event-stream');
