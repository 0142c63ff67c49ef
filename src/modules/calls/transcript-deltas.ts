import { Injectable } from '@nestjs/common';
import { abortable } from '../../events/abortable.js';
import { Doorbell } from '../../events/doorbell.js';
import { Signal } from '../../events/signal.js';
import type { ObjectId } from '../../mongo/object-id.js';
import { TenantContext } from '../../tenancy/tenant-context.js';
import type { Utterance } from '../../events/call-event.schema.js';

/** What is being said: the whole text of one utterance so far. */
export interface Delta {
  readonly ordinal: number;
  readonly speaker: Utterance['speaker'];
  readonly text: string;
  readonly isFinal: boolean;
}

/** Utterances that may wait for one slow reader; of each only the newest text is kept. */
const MOST_WAITING = 100;

/** Passes on what is being said right now, by way of Redis alone: nothing of it is stored, and some may get lost. */
@Injectable()
export class TranscriptDeltas {
  constructor(
    private readonly doorbell: Doorbell,
    private readonly context: TenantContext,
  ) {}

  publish(callId: ObjectId, delta: Delta): void {
    this.doorbell.ring(this.context.tenant.id, 'deltas', delta, callId.toHexString());
  }

  /** Follows one call. A reader that is slow sees fewer steps of an utterance, never an outdated one. */
  follow(callId: ObjectId): AsyncIterableIterator<Delta> {
    const tenantId = this.context.tenant.id;
    return abortable(leaving => this.listen(tenantId, callId, leaving));
  }

  private async *listen(
    tenantId: ObjectId,
    callId: ObjectId,
    leaving: AbortSignal,
  ): AsyncGenerator<Delta, void, undefined> {
    const waiting = new Map<number, Delta>();
    const arrived = new Signal();
    const stop = this.doorbell.listen(
      tenantId,
      'deltas',
      message => {
        const delta = message as Delta;
        if (waiting.size < MOST_WAITING || waiting.has(delta.ordinal)) waiting.set(delta.ordinal, delta);
        arrived.notify();
      },
      callId.toHexString(),
    );
    try {
      while (!leaving.aborted) {
        const next = waiting.entries().next();
        if (next.done) {
          await arrived.wait(leaving);
          continue;
        }
        const [ordinal, delta] = next.value;
        waiting.delete(ordinal);
        yield delta;
      }
    } finally {
      stop();
    }
  }
}
