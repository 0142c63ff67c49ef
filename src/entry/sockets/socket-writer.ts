import type { WebSocket } from 'ws';
import { type Closing, CLOSINGS } from './close-codes.js';

/** Bytes that may wait for one client. */
export const MAX_BUFFERED_BYTES = 1_000_000;
/** How long one message may wait to leave. */
export const MAX_WAIT_MS = 10_000;

/**
 * Sends a message and resolves once it has left this process, so that a stream is read no faster than its client
 * reads. A client that falls too far behind is closed; it comes back and resumes.
 */
export function send(socket: WebSocket, data: string): Promise<void> {
  if (socket.readyState !== socket.OPEN) return Promise.resolve();
  if (socket.bufferedAmount > MAX_BUFFERED_BYTES) {
    closeNow(socket, CLOSINGS.slowReader);
    return Promise.resolve();
  }
  return new Promise(resolve => {
    const patience = setTimeout(() => {
      closeNow(socket, CLOSINGS.slowReader);
    }, MAX_WAIT_MS);
    socket.send(data, () => {
      clearTimeout(patience);
      resolve();
    });
  });
}

/** Closes with a code, and cuts the line soon after for a client that does not read the close either. */
export function closeNow(socket: WebSocket, closing: Closing): void {
  socket.close(closing.code, closing.reason);
  setTimeout(() => {
    socket.terminate();
  }, lingerOf(closing)).unref();
}

/** How long a line that is closed may still be read, in milliseconds: a slow reader gets time to come to the reason. */
export const lingerOf = (closing: Closing): number => (closing === CLOSINGS.slowReader ? 10_000 : 2000);
