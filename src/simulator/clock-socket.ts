import { once } from 'node:events';
import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import { z } from 'zod';
import type { Clock } from './clock.js';
import type { Follower, FollowerState, TimeSteps } from './time-steps.js';

/** Where programs connect to that follow the clock. */
const PATH = '/simulator/clock';

const answerSchema = z.object({
  id: z.number(),
  isBusy: z.boolean().default(false),
  nextAt: z.number().nullable().default(null),
});

/**
 * Lets programs follow the clock over a WebSocket. Each is told `{"id": 1, "offsetMs": 0}`, at once and whenever time
 * moves on, and answers `{"id": 1}` when that holds. It is asked `{"id": 2}` what it has to do, and answers
 * `{"id": 2, "isBusy": false, "nextAt": 1767225600000}`, best when it has done all that is due now.
 */
export function clockSocket(server: Server, clock: Clock, steps: TimeSteps): { close(): void } {
  const sockets = new WebSocketServer({ noServer: true, maxPayload: 1024 });
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    if (request.url !== PATH) {
      socket.end('HTTP/1.1 404 Not Found\r\nConnection: close\r\n\r\n');
      return;
    }
    sockets.handleUpgrade(request, socket, head, upgraded => {
      const follower = new SocketFollower(upgraded);
      steps.followers.add(follower);
      upgraded.once('close', () => steps.followers.delete(follower));
      follower.move(clock.offsetMs).catch(() => undefined);
    });
  });
  return {
    close: () => {
      for (const socket of sockets.clients) socket.terminate();
    },
  };
}

class SocketFollower implements Follower {
  private id = 0;
  private readonly waiting = new Map<number, (state: FollowerState) => void>();
  private readonly gone: Promise<never>;

  constructor(private readonly socket: WebSocket) {
    this.gone = once(socket, 'close').then(() => {
      throw new Error('A follower of the clock is gone.');
    });
    this.gone.catch(() => undefined);
    socket.on('error', () => socket.terminate());
    socket.on('message', data => this.take(data as Buffer));
  }

  move(offsetMs: number): Promise<unknown> {
    return this.send({ offsetMs });
  }

  ask(): Promise<FollowerState> {
    return this.send({});
  }

  private send(message: { offsetMs?: number }): Promise<FollowerState> {
    this.id += 1;
    const { id } = this;
    const answer = new Promise<FollowerState>(resolve => this.waiting.set(id, resolve));
    this.socket.send(JSON.stringify({ id, ...message }));
    return Promise.race([answer, this.gone]);
  }

  private take(data: Buffer): void {
    try {
      const { id, ...state } = answerSchema.parse(JSON.parse(data.toString('utf8')));
      this.waiting.get(id)?.(state);
      this.waiting.delete(id);
    } catch {
      this.socket.close(1007, 'not an answer');
    }
  }
}
