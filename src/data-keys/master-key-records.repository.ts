import { Inject, Injectable } from '@nestjs/common';
import mongoose, { type Model } from 'mongoose';
import { isDuplicateKey } from '../mongo/duplicate-key.js';
import { SystemAccess } from '../tenancy/system-access.js';
import {
  MASTER_KEY_RECORDS,
  type MasterKeyProof,
  type MasterKeyRecordDocument,
} from './master-key-record.schema.js';

/** The one row's id: of two processes that store the first one, one meets a duplicate. */
const ONLY_ID = new mongoose.Types.ObjectId('000000000000000000000001');

/** Which master keys a database is encrypted with. */
@Injectable()
export class MasterKeyRecords {
  constructor(
    @Inject(MASTER_KEY_RECORDS.token) private readonly model: Model<MasterKeyRecordDocument>,
    private readonly system: SystemAccess,
  ) {}

  /** The record; null in a database that has none yet. */
  find(): Promise<MasterKeyRecordDocument | null> {
    return this.system.run('key.check', () => this.model.findOne({ _id: ONLY_ID }).lean().exec());
  }

  /** Stores the proofs unless the record has changed since it was read; returns whether it has stored them. */
  async store(read: MasterKeyRecordDocument | null, proofs: readonly MasterKeyProof[]): Promise<boolean> {
    return this.system.run('key.check', async () => {
      if (read) {
        const update = { $set: { proofs: [...proofs] }, $inc: { version: 1 } };
        const { matchedCount } = await this.model
          .updateOne({ _id: ONLY_ID, version: read.version }, update)
          .exec();
        return matchedCount === 1;
      }
      try {
        await this.model.insertMany([{ _id: ONLY_ID, proofs: [...proofs], version: 1 }]);
        return true;
      } catch (error) {
        if (isDuplicateKey(error)) return false;
        throw error;
      }
    });
  }
}
