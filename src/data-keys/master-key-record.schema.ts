import { defineCollection } from '../mongo/model-provider.js';
import type { ObjectId } from '../mongo/object-id.js';
import { systemSchema } from '../tenancy/plugin/system-schema.js';

/** A known text, encrypted with one master key. */
export interface MasterKeyProof {
  /** Names the key, as encrypted values do, and tells nothing about it. */
  readonly keyId: string;
  /** Base64url. */
  readonly encrypted: string;
}

/** The master keys that values of this database are encrypted with, each with a proof. There is one row at most. */
export interface MasterKeyRecordDocument {
  _id: ObjectId;
  proofs: MasterKeyProof[];
  /** Raised by each change, so that of two processes that change it at once one starts over. */
  version: number;
}

const schema = systemSchema<MasterKeyRecordDocument>('global', {
  proofs: [
    { _id: false, keyId: { type: String, required: true }, encrypted: { type: String, required: true } },
  ],
  version: { type: Number, required: true },
});

export const MASTER_KEY_RECORDS = defineCollection<MasterKeyRecordDocument>(
  'MasterKeyRecord',
  'masterKeyRecords',
  schema,
);
