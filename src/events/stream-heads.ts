import { Inject, Injectable } from '@nestjs/common';
import type { Model } from 'mongoose';
import { newObjectId } from '../mongo/object-id.js';
import { TenantRepository } from '../tenancy/tenant-repository.js';
import type { StreamName } from './outbox.schema.js';
import { STREAM_HEADS, type StreamHeadDocument } from './stream-head.schema.js';

/** Where a stream stands. */
export type StreamHead = Pick<StreamHeadDocument, 'position' | 'hash' | 'floor'>;

const EMPTY: StreamHead = { position: 0, hash: '', floor: 0 };

/** Somebody else has advanced the stream meanwhile: nothing of this transaction may stand. */
export class StaleHeadError extends Error {
  constructor(stream: StreamName) {
    super(`The head of the ${stream} stream has moved`);
    this.name = 'StaleHeadError';
  }
}

@Injectable()
export class StreamHeads extends TenantRepository<StreamHeadDocument> {
  constructor(@Inject(STREAM_HEADS.token) model: Model<StreamHeadDocument>) {
    super(model);
  }

  async read(stream: StreamName): Promise<StreamHead> {
    return (await this.findOne({ stream })) ?? EMPTY;
  }

  /**
   * Moves a stream from one position to the next, in the transaction that stores what stands there.
   * @throws StaleHeadError, or the database's write conflict, when another sealer was faster.
   */
  async advance(
    stream: StreamName,
    from: StreamHead,
    to: Pick<StreamHead, 'position' | 'hash'>,
  ): Promise<void> {
    if (from.position === 0) {
      // The unique index refuses a second first head.
      await this.insert({ _id: newObjectId(), stream, ...to, floor: 0 });
      return;
    }
    const moved = await this.updateOne({ stream, position: from.position }, { $set: to });
    if (!moved) throw new StaleHeadError(stream);
  }

  /** Declares everything up to a position as removed, for good. It must be committed before anything is removed. */
  async raiseFloor(stream: StreamName, floor: number): Promise<void> {
    await this.updateOne({ stream, floor: { $lt: floor }, position: { $gte: floor } }, { $set: { floor } });
  }
}
