import { Inject, Injectable } from '@nestjs/common';
import type { Model } from 'mongoose';
import { newObjectId } from '../mongo/object-id.js';
import { TenantRepository } from '../tenancy/tenant-repository.js';
import type { StreamName } from './outbox.schema.js';
import {
  FIRST_EPOCH,
  STREAM_HEADS,
  type StreamEpoch,
  type StreamHeadDocument,
} from './stream-head.schema.js';

/** Where a stream stands. */
export type StreamHead = Pick<
  Required<StreamHeadDocument>,
  'position' | 'hash' | 'floor' | 'epoch' | 'epochStart'
>;

const EMPTY: StreamHead = { position: 0, hash: '', floor: 0, epoch: FIRST_EPOCH, epochStart: 0 };

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
    return { ...EMPTY, ...(await this.findOne({ stream })) };
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
    const moved = await this.updateOne({ stream, position: from.position }, { $set: to });
    if (moved) return;
    if (from.position > 0) throw new StaleHeadError(stream);
    // The unique index refuses a second first head.
    await this.insert({ ...EMPTY, _id: newObjectId(), stream, ...to });
  }

  /**
   * Begins a new epoch at the head of a stream, in the running transaction; also of a stream that has no item yet,
   * since positions of it may have been handed out.
   */
  async beginEpoch(stream: StreamName, { position }: StreamHead, epoch: StreamEpoch): Promise<void> {
    const { position: _position, epoch: _epoch, epochStart: _start, ...rest } = EMPTY;
    await this.updateOne(
      { stream },
      { $set: { position, epoch, epochStart: position }, $setOnInsert: { _id: newObjectId(), ...rest } },
      { upsert: true },
    );
  }

  /** Declares everything up to a position as removed, for good. It must be committed before anything is removed. */
  async raiseFloor(stream: StreamName, floor: number): Promise<void> {
    await this.updateOne({ stream, floor: { $lt: floor }, position: { $gte: floor } }, { $set: { floor } });
  }
}
