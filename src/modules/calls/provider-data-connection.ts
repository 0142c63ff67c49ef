import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { Injectable, Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { type RawData, type WebSocket, WebSocketServer } from 'ws';
import type { Utterance } from '../../events/call-event.schema.js';
import { refuseUpgrade, UpgradeRouter } from '../../upgrades/upgrade-router.js';
import { StoreClock } from '../../mongo/store-clock.js';
import { CallChanges } from './call-changes.js';
import { CallSteward } from './call-steward.js';
import { CallsRepository } from './calls.repository.js';
import { LiveTranscript } from './live-transcript.js';
import { type NewsTarget, PROVIDER_CHALLENGE, ProviderDoor } from './provider-door.js';
import { TranscriptDeltas } from './transcript-deltas.js';

const MAX_MESSAGE_BYTES = 1_000_000;
/** Frames that may wait to be stored; a connection that runs ahead of that is read no further for a while. */
const MOST_WAITING = 200;

/** Takes the provider's data connections, over which it tells what is being said. */
@Injectable()
export class ProviderDataConnection implements OnModuleInit, OnApplicationShutdown {
  private readonly logger = new Logger('DataConnection');
  private readonly server = new WebSocketServer({ noServer: true, maxPayload: MAX_MESSAGE_BYTES });

  constructor(
    private readonly upgrades: UpgradeRouter,
    private readonly door: ProviderDoor,
    private readonly calls: CallsRepository,
    private readonly changes: CallChanges,
    private readonly deltas: TranscriptDeltas,
    private readonly steward: CallSteward,
    private readonly clock: StoreClock,
  ) {}

  onModuleInit(): void {
    this.upgrades.route('/ultravox/data', (request, socket, head) => {
      this.admit(request, socket, head).catch((error: unknown) => {
        this.logger.warn(`Could not admit: ${(error as Error).message}`);
        refuseUpgrade(socket, 503, 'Service Unavailable');
      });
    });
  }

  onApplicationShutdown(): void {
    for (const socket of this.server.clients) socket.close(1012, 'Service restart');
  }

  /** Checks the signature before the upgrade is accepted. */
  private async admit(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const publicCallId = request.url?.split('?')[0]?.split('/').at(-1) ?? '';
    const {
      'x-ultravox-call-id': providerCallId,
      'x-ultravox-signature-timestamp': timestamp,
      'x-ultravox-signature': signatures,
    } = request.headers;
    const message = typeof providerCallId === 'string' ? providerCallId : '';
    const target = await this.door.findSigned(publicCallId, { message, timestamp, signatures });
    if (!target) {
      refuseUpgrade(socket, 401, 'Unauthorized', PROVIDER_CHALLENGE);
      return;
    }
    this.server.handleUpgrade(request, socket, head, upgraded => {
      this.listen(upgraded, target, request.socket.remoteAddress ?? null);
    });
  }

  private listen(socket: WebSocket, target: NewsTarget, ip: string | null): void {
    const transcript = new LiveTranscript();
    const requestId = randomUUID();
    const enter = (work: () => Promise<void>) => this.door.enter(target, requestId, ip, work);
    // One after the other: what is told first is stored first. The first look learns that the call was joined.
    let queue = Promise.resolve();
    let waiting = 0;
    const unstored: ((joinedAt: Date | null) => Utterance)[] = [];
    const pauseWhenFull = () => {
      if (waiting + unstored.length > MOST_WAITING) socket.pause();
    };
    const enqueue = (work: () => Promise<void>) => {
      waiting += 1;
      pauseWhenFull();
      queue = queue
        .then(() => enter(work))
        .catch((error: unknown) => {
          this.logger.warn(`News of a call could not be stored: ${(error as Error).message}`);
        })
        .finally(() => {
          waiting -= 1;
          if (waiting + unstored.length < MOST_WAITING / 2 && socket.isPaused) socket.resume();
        });
    };
    enqueue(() => this.steward.wake(target.callId));
    socket.on('message', (data, isBinary) => {
      const heard = isBinary ? null : transcript.take(parsed(textOf(data)), this.clock.now().getTime());
      if (!heard) return;
      void enter(async () => {
        await Promise.resolve();
        this.deltas.publish(target.callId, heard.delta);
      });
      const { utterance } = heard;
      if (!utterance) return;
      unstored.push(utterance);
      pauseWhenFull();
      // What is said while something is being stored is stored next, all together.
      if (unstored.length > 1) return;
      enqueue(async () => {
        const said = unstored.splice(0);
        const call = await this.calls.findById(target.callId);
        if (!call) return;
        const news = said.map(whole => ({ kind: 'utterance' as const, utterance: whole(call.joinedAt) }));
        await this.changes.apply(call._id, ...news);
      });
    });
    socket.on('error', () => {
      socket.terminate();
    });
    // The provider does not come back: whatever this means, it knows how the call stands.
    socket.once('close', () => {
      enqueue(() => this.steward.wake(target.callId));
    });
  }
}

/** A frame's text; this server's sockets give buffers. */
const textOf = (data: RawData): string => (Buffer.isBuffer(data) ? data.toString('utf8') : '');

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
