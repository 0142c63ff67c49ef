import mongoose from 'mongoose';
import { defineCollection } from '../mongo/model-provider.js';
import type { ObjectId } from '../mongo/object-id.js';
import { systemSchema } from '../tenancy/plugin/system-schema.js';

/** The one row's id: of two processes that store the first one, one meets a duplicate. */
export const CLOCK_MARK_ID: ObjectId = new mongoose.Types.ObjectId('000000000000000000000001');

/** How far time has come, for the processes that share it. There is one row. */
export interface ClockMarkDocument {
  _id: ObjectId;
  /** By how much work's clock is ahead of the database's, in milliseconds, and since when by the database's. */
  correctionMs: number;
  correctedAt: Date;
  /** The latest time that any process has told, without what virtual time adds. */
  reached: Date;
  /** Raised with each new correction. */
  version: number;
}

const schema = systemSchema<ClockMarkDocument>('work', {
  correctionMs: { type: Number, required: true },
  correctedAt: { type: Date, required: true },
  reached: { type: Date, required: true },
  version: { type: Number, required: true },
});

export const CLOCK_MARKS = defineCollection<ClockMarkDocument>('ClockMark', 'clockMarks', schema);
