import { Injectable } from '@nestjs/common';
import { badInput } from '../errors/domain-error.js';
import { CursorCodec } from '../pagination/cursor-codec.js';
import { FIRST_EPOCH, type StreamPosition } from './stream-head.schema.js';

/** What cursors of call events are made for, in lists and in the feed alike. */
const CALL_EVENTS_LIST = 'callEvents';

/** Cursors of the event feed: a position with its epoch, the same wherever an event is met. */
@Injectable()
export class FeedCursors {
  constructor(private readonly cursors: CursorCodec) {}

  /** The cursor behind which everything after a position lies. */
  write({ epoch, position }: StreamPosition): string {
    return this.cursors.write(CALL_EVENTS_LIST, epoch === FIRST_EPOCH ? [position] : [position, epoch]);
  }

  /** What a cursor says; one without an epoch is of the first. @throws DomainError BAD_USER_INPUT for a forged one. */
  read(cursor: string): StreamPosition {
    const [position, epoch = FIRST_EPOCH] = this.cursors.read(CALL_EVENTS_LIST, cursor);
    if (typeof position !== 'number' || typeof epoch !== 'number')
      throw badInput({ after: 'is not a cursor of this list' });
    return { epoch, position };
  }
}
