import { Injectable } from '@nestjs/common';
import { abortable } from '../../events/abortable.js';
import { persist } from '../../events/persist.js';
import type { ObjectId } from '../../mongo/object-id.js';
import { TenantContext } from '../../tenancy/tenant-context.js';
import { CallsRepository } from './calls.repository.js';
import { QueueLines } from './queue-lines.js';

/** Follows a call's place in the queue. */
@Injectable()
export class QueuePositions {
  constructor(
    private readonly lines: QueueLines,
    private readonly calls: CallsRepository,
    private readonly context: TenantContext,
  ) {}

  /** Gives each new position, then null once the call waits no more, and ends. */
  follow(callId: ObjectId): AsyncIterableIterator<number | null> {
    const { id: tenantId } = this.context.tenant;
    return abortable(leaving => this.positions(tenantId, callId, leaving));
  }

  private async *positions(
    tenantId: ObjectId,
    callId: ObjectId,
    leaving: AbortSignal,
  ): AsyncGenerator<number | null, void, undefined> {
    const line = this.lines.join(tenantId);
    try {
      let last: number | null = null;
      while (!leaving.aborted) {
        const change = line.changed.wait(leaving);
        const position = line.positions.get(callId.toHexString());
        if (position === undefined) {
          // On its way to the provider, which may send it back into the line; or not looked for yet; or through.
          if (!(await persist(() => this.isQueued(callId), leaving))) break;
          line.asked.notify();
        } else if (position !== last) yield (last = position);
        await change;
      }
      if (!leaving.aborted) yield null;
    } finally {
      this.lines.leave(tenantId, line);
    }
  }

  private async isQueued(callId: ObjectId): Promise<boolean> {
    return (await this.calls.findById(callId))?.status === 'QUEUED';
  }
}
