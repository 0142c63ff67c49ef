import type { WebSocket } from 'ws';

/** Frames that one socket may send in a window: messages, pings and pongs. */
export const MAX_FRAMES = 3000;
const WINDOW_MS = 10_000;
const KINDS = ['message', 'ping', 'pong'] as const;

/**
 * Calls `onFlood` once when a socket sends more frames than anybody needs who asks for what he may ask for: each costs
 * work, also where no limit of requests counts it. Nothing more of it is read. Pings that come faster than their pongs
 * leave need no count: ws cuts their line.
 */
export function boundFrames(socket: WebSocket, onFlood: () => void): void {
  let frames = 0;
  let endsAt = 0;
  const count = () => {
    const now = performance.now();
    if (now > endsAt) [frames, endsAt] = [0, now + WINDOW_MS];
    frames += 1;
    if (frames <= MAX_FRAMES) return;
    for (const kind of KINDS) socket.off(kind, count);
    onFlood();
    socket.pause();
  };
  for (const kind of KINDS) socket.on(kind, count);
}
