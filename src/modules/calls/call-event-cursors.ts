import { Injectable } from '@nestjs/common';
import { badInput } from '../../errors/domain-error.js';
import type { CallEventDocument } from '../../events/call-event.schema.js';
import { CALL_EVENTS_LIST } from '../../events/live-feed.js';
import { CursorCodec, type CursorValues } from '../../pagination/cursor-codec.js';
import { type CallEventModel, toCallEventModel } from './call-event.model.js';

/** Cursors of the event feed: a position, the same wherever an event is met. */
@Injectable()
export class CallEventCursors {
  /** One model per document: subscribers who are handed the same document then share what is made of it. */
  private readonly models = new WeakMap<CallEventDocument, CallEventModel>();

  constructor(private readonly cursors: CursorCodec) {}

  /** The cursor behind which everything after `position` lies. */
  at(position: number): string {
    return this.cursors.write(CALL_EVENTS_LIST, [position]);
  }

  /** The position of a cursor; of the empty one, the very beginning. @throws DomainError BAD_USER_INPUT. */
  positionOf(cursor: string): number {
    if (cursor === '') return 0;
    const [position] = this.cursors.read(CALL_EVENTS_LIST, cursor);
    if (typeof position !== 'number') throw badInput({ after: 'is not a cursor of this list' });
    return position;
  }

  toModel(event: CallEventDocument): CallEventModel {
    const model = this.models.get(event) ?? toCallEventModel(event, this.at(event.position ?? 0));
    this.models.set(event, model);
    return model;
  }

  /** For pages of events: the tie-breaking id that lists add is left out, since positions are unique. */
  write(_list: string, [position]: CursorValues): string {
    return this.at(Number(position));
  }

  read(_list: string, cursor: string): CursorValues {
    return [this.positionOf(cursor)];
  }
}
