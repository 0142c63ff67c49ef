import { once } from 'node:events';
import { Inject, Injectable, Logger, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { WebSocket } from 'ws';
import { z } from 'zod';
import { SETTINGS, type Settings } from '../config/settings.js';
import { StoreClock } from '../mongo/store-clock.js';
import { JobRunner } from './job-runner.js';
import { Jobs } from './jobs.js';

const COME_BACK_MS = 500;
const FIRST_WORD_WITHIN_MS = 10_000;

/** How long an answer waits for the work in hand, rather than saying that there is some. */
const PATIENCE_MS = 100;

/** What the simulator says: how far its clock is ahead of the machine's, or, without that, a question for what is due. */
const told = z.object({ id: z.number(), offsetMs: z.number().optional() });

/**
 * Under VIRTUAL_TIME, lets the clock of work follow the simulator's, and tells the simulator what is in hand here and
 * when something is due next: it moves time on from one due thing to the next, and never while one is being done.
 */
@Injectable()
export class VirtualTime implements OnModuleInit, OnModuleDestroy {
  private readonly logger = new Logger('VirtualTime');
  private socket: WebSocket | null = null;
  private isStopping = false;

  constructor(
    @Inject(SETTINGS) private readonly settings: Settings,
    private readonly clock: StoreClock,
    private readonly jobs: Jobs,
    private readonly runner: JobRunner,
  ) {}

  /** Waits for the simulator's time before anything is done by it. @throws Error when it does not tell it. */
  async onModuleInit(): Promise<void> {
    if (!this.settings.VIRTUAL_TIME) return;
    const { SIMULATOR_URL } = this.settings;
    if (!SIMULATOR_URL) throw new Error('VIRTUAL_TIME needs a simulator: set SIMULATOR_URL');
    const url = `${SIMULATOR_URL.replace(/^http/, 'ws')}/simulator/clock`;
    await once(this.follow(url), 'message', { signal: AbortSignal.timeout(FIRST_WORD_WITHIN_MS) });
  }

  onModuleDestroy(): void {
    this.isStopping = true;
    this.socket?.terminate();
  }

  /** Follows until this server stops, and comes back when the line breaks. */
  private follow(url: string): WebSocket {
    const socket = new WebSocket(url);
    this.socket = socket;
    socket.on('message', data => {
      this.take(socket, data as Buffer).catch((error: unknown) => {
        this.logger.warn(`The simulator's time could not be taken over: ${(error as Error).message}`);
        socket.terminate();
      });
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      if (!this.isStopping) setTimeout(() => this.follow(url), COME_BACK_MS).unref();
    });
    return socket;
  }

  private async take(socket: WebSocket, data: Buffer): Promise<void> {
    const { id, offsetMs } = told.parse(JSON.parse(data.toString('utf8')));
    if (offsetMs !== undefined) this.clock.moveTo(offsetMs);
    const state = offsetMs === undefined ? await this.state() : {};
    if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify({ id, ...state }));
  }

  /** What there is to do, once all that is due now is done. */
  private async state(): Promise<{ isBusy: boolean; nextAt: number | null }> {
    await this.runner.workOff(PATIENCE_MS);
    const next = await this.jobs.nextDueAt();
    const isDue = next !== null && next <= this.clock.now();
    return { isBusy: isDue || this.runner.isBusy, nextAt: next?.getTime() ?? null };
  }
}
