import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { abortable } from '../../events/abortable.js';
import { persist } from '../../events/persist.js';
import type { ObjectId } from '../../mongo/object-id.js';
import { CallsRepository } from './calls.repository.js';

const LOOK_EVERY_MS = 500;

/** Follows a call's place in the queue. */
@Injectable()
export class QueuePositions {
  constructor(private readonly calls: CallsRepository) {}

  /** Gives each new position, then null once the call waits no more, and ends. */
  follow(callId: ObjectId, isOver: boolean): AsyncIterableIterator<number | null> {
    return abortable(leaving => this.look(callId, isOver, leaving));
  }

  private async *look(
    callId: ObjectId,
    isOver: boolean,
    leaving: AbortSignal,
  ): AsyncGenerator<number | null, void, undefined> {
    let last: number | null | undefined;
    while (!leaving.aborted && !isOver) {
      const position = await persist(() => this.positionOf(callId), leaving);
      if (position === null) break;
      if (position !== last) yield position;
      last = position;
      await sleep(LOOK_EVERY_MS, undefined, { signal: leaving }).catch(() => undefined);
    }
    if (!leaving.aborted) yield null;
  }

  private async positionOf(callId: ObjectId): Promise<number | null> {
    const call = await this.calls.findById(callId);
    return call && this.calls.queuePosition(call);
  }
}
