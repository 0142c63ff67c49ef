import { Injectable } from '@nestjs/common';
import type { StreamName } from '../../events/outbox.schema.js';
import { Sealer } from '../../events/sealer.js';
import { type StreamHead, StreamHeads } from '../../events/stream-heads.js';
import { UnitOfWork } from '../../mongo/unit-of-work.js';
import { TenantContext } from '../../tenancy/tenant-context.js';
import { AuditLog } from '../audit/audit-log.js';
import { type HeadNotes, isFurther, STREAMS } from './head-notes.js';

/** Who has found out that the database was set back. */
export type FoundBy = 'operator' | 'start';

/** Begins new epochs of streams, on record. */
@Injectable()
export class StreamEpochs {
  constructor(
    private readonly heads: StreamHeads,
    private readonly audit: AuditLog,
    private readonly sealer: Sealer,
    private readonly work: UnitOfWork,
    private readonly context: TenantContext,
  ) {}

  /** Whether a stream of the running scope's tenant is behind what was noted of it: the database was set back. */
  async isSetBack(noted: HeadNotes): Promise<boolean> {
    const heads = await this.readHeads();
    return heads.some(([stream, head]) => isNotedBehind(noted, stream, head));
  }

  /**
   * Begins a new epoch of both streams of the running scope's tenant: positions that were handed out before expire.
   * @param noted begin it only if a head is behind these notes; null: in any case.
   * @returns the epoch; null when none was begun, as another process was faster.
   */
  async begin(foundBy: FoundBy, noted: HeadNotes | null): Promise<number | null> {
    const epoch = await this.work.run(async () => {
      // Read in the transaction, which reads what a majority has: no lagging copy can look like a database set back.
      const heads = await this.readHeads();
      if (noted && !heads.some(([stream, head]) => isNotedBehind(noted, stream, head))) return null;
      const known = [...heads.map(([, head]) => head), ...Object.values(noted ?? {})];
      const next = Math.max(Date.now(), ...known.map(one => one.epoch + 1));
      for (const [stream, head] of heads) await this.heads.beginEpoch(stream, head, next);
      const positions = Object.fromEntries(heads.map(([stream, { position }]) => [stream, position]));
      await this.audit.record({
        action: 'database.restored',
        details: { foundBy, epoch: next, ...positions },
      });
      return next;
    });
    if (epoch !== null) await this.sealer.seal(this.context.tenant.id, 'audit').catch(() => undefined);
    return epoch;
  }

  private async readHeads(): Promise<[StreamName, StreamHead][]> {
    const heads: [StreamName, StreamHead][] = [];
    for (const stream of STREAMS) heads.push([stream, await this.heads.read(stream)]);
    return heads;
  }
}

function isNotedBehind(noted: HeadNotes, stream: StreamName, head: StreamHead): boolean {
  const note = noted[stream];
  return note !== undefined && isFurther(note, head);
}
