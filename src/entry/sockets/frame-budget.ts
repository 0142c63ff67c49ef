import type { RawData, WebSocket } from 'ws';

/** Frames that one socket may send in a window: messages, pings and pongs. */
export const MAX_FRAMES = 3000;
/** Bytes of them: some of the largest messages, which the limits of requests count. */
export const MAX_FRAME_BYTES = 10_000_000;
const WINDOW_MS = 10_000;
const KINDS = ['message', 'ping', 'pong'] as const;

/**
 * Calls `onFlood` once when a socket sends more frames or bytes than it takes to ask for all that a client may ask for:
 * each costs work, also where no limit of requests counts it. Nothing more of it is read. Pings that come faster than their pongs
 * leave need no count: ws cuts their line.
 */
export function boundFrames(socket: WebSocket, onFlood: () => void): void {
  let frames = 0;
  let bytes = 0;
  let endsAt = 0;
  const count = (data: RawData) => {
    const now = performance.now();
    if (now > endsAt) [frames, bytes, endsAt] = [0, 0, now + WINDOW_MS];
    frames += 1;
    // This server's sockets give buffers.
    bytes += (data as Buffer).length;
    if (frames <= MAX_FRAMES && bytes <= MAX_FRAME_BYTES) return;
    for (const kind of KINDS) socket.off(kind, count);
    onFlood();
    socket.pause();
  };
  for (const kind of KINDS) socket.on(kind, count);
}
