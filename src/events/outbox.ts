import { Inject, Injectable } from '@nestjs/common';
import type { Model } from 'mongoose';
import { type TenantKey, tenantKey } from '../ids/tenant-key.js';
import type { ObjectId } from '../mongo/object-id.js';
import { SystemAccess } from '../tenancy/system-access.js';
import { OUTBOX, type OutboxDocument, type StreamName } from './outbox.schema.js';

/** A stream with rows that have no place in it yet. */
export interface WaitingStream {
  readonly tenantId: ObjectId;
  readonly stream: StreamName;
}

/** Names a stream in this process. */
export const keyOf = ({ tenantId, stream }: WaitingStream): TenantKey => tenantKey(tenantId, stream);

/** The list of rows that wait for their place in a stream. Content never stands in it. */
@Injectable()
export class Outbox {
  constructor(
    @Inject(OUTBOX.token) private readonly model: Model<OutboxDocument>,
    private readonly system: SystemAccess,
  ) {}

  /** Notes rows of the running transaction. */
  async add(tenantId: ObjectId, stream: StreamName, ids: readonly ObjectId[]): Promise<void> {
    const createdAt = new Date();
    await this.system.run('feed.seal', () =>
      this.model.insertMany(ids.map(_id => ({ _id, tenantId, stream, createdAt }))),
    );
  }

  /** The ids that wait in one stream, at most `limit`. */
  async rowsOf(tenantId: ObjectId, stream: StreamName, limit: number): Promise<ObjectId[]> {
    const rows = await this.system.run('feed.seal', () =>
      this.model.find({ tenantId, stream }).sort({ _id: 1 }).limit(limit).lean().exec(),
    );
    return rows.map(row => row._id);
  }

  /** Which of these rows still wait. */
  async waitingAmong(tenantId: ObjectId, stream: StreamName, ids: readonly ObjectId[]): Promise<ObjectId[]> {
    const rows = await this.system.run('feed.seal', () =>
      this.model
        .find({ tenantId, stream, _id: { $in: [...ids] } })
        .lean()
        .exec(),
    );
    return rows.map(row => row._id);
  }

  /** When the row that has waited longest was written; null when none waits. */
  async oldest(): Promise<Date | null> {
    const rows = await this.system.run('health.check', () =>
      this.model.find().sort({ createdAt: 1 }).limit(1).lean().exec(),
    );
    return rows[0]?.createdAt ?? null;
  }

  async remove(tenantId: ObjectId, stream: StreamName, ids: readonly ObjectId[]): Promise<void> {
    await this.system.run('feed.seal', () =>
      this.model.deleteMany({ tenantId, stream, _id: { $in: [...ids] } }).exec(),
    );
  }

  /**
   * Streams with rows that have waited since before `before`: those with the oldest rows, at most `limit` rows of them,
   * and whether that is all there is.
   */
  async streamsWaiting(before: Date, limit: number): Promise<{ streams: WaitingStream[]; isAll: boolean }> {
    const rows = await this.system.run('feed.seal', () =>
      this.model
        .find({ createdAt: { $lt: before } })
        .sort({ createdAt: 1 })
        .limit(limit)
        .lean()
        .exec(),
    );
    const streams = new Map(rows.map(row => [keyOf(row), { tenantId: row.tenantId, stream: row.stream }]));
    return { streams: [...streams.values()], isAll: rows.length < limit };
  }

  /**
   * The streams that have rows waiting, behind one of them, in the order of their tenants; at most `limit`, however many
   * rows each of them has: a stream costs one look-up in an index.
   */
  async streamsBehind(last: WaitingStream | null, limit: number): Promise<WaitingStream[]> {
    const streams: WaitingStream[] = [];
    for (let from = last; streams.length < limit;) {
      const behind = from && {
        $or: [
          { tenantId: from.tenantId, stream: { $gt: from.stream } },
          { tenantId: { $gt: from.tenantId } },
        ],
      };
      const [row] = await this.system.run('feed.seal', () =>
        this.model
          .find(behind ?? {})
          .sort({ tenantId: 1, stream: 1, _id: 1 })
          .limit(1)
          .lean()
          .exec(),
      );
      if (!row) break;
      from = { tenantId: row.tenantId, stream: row.stream };
      streams.push(from);
    }
    return streams;
  }
}
