import { defineCollection } from '../mongo/model-provider.js';
import { sealedText } from '../vault/sealed-text.js';
import { type ScopedDocument, scopedSchema } from '../tenancy/plugin/scoped-schema.js';

/** What the vault seals and opens the keys with. */
export const DATA_KEY_FIELD = 'dataKey';

/** The key of what tells of one person, where that cannot be rewritten. Without the key it is unreadable for good. */
export interface DataKeyDocument extends ScopedDocument {
  /** Whose it is: see DataKeys. */
  subject: string;
  /** The key itself, sealed by the vault; null once it is destroyed, so that the person never gets another one. */
  sealedKey: string | null;
  createdAt: Date;
  /** When the database removes it; missing: never. */
  expiresAt?: Date;
  /** When it was destroyed, by StoreClock; null, or missing, while it is in use. */
  destroyedAt?: Date | null;
}

const schema = scopedSchema<DataKeyDocument>({
  subject: { type: String, required: true },
  sealedKey: sealedText(DATA_KEY_FIELD),
  createdAt: { type: Date, required: true },
  expiresAt: { type: Date },
  destroyedAt: { type: Date, default: null },
});
// For DataKeysRepository.findBySubject; unique, so that nobody has two keys.
schema.index({ tenantId: 1, subject: 1 }, { unique: true });
// Keys of addresses that strangers have typed are removed by the database.
schema.index({ expiresAt: 1 }, { expireAfterSeconds: 0 });

export const DATA_KEYS = defineCollection<DataKeyDocument>('DataKey', 'dataKeys', schema);
