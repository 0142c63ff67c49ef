import type { Carrier } from '../config/phone-carriers.js';
import { defineCollection } from '../mongo/model-provider.js';
import type { ObjectId } from '../mongo/object-id.js';
import { sealedText } from '../vault/sealed-text.js';
import { systemSchema } from './plugin/system-schema.js';

/** What an operator allows a tenant. */
export interface TenantLimits {
  maxConcurrentCalls: number;
  requestsPerMinute: number;
  /** Minutes of calls per calendar month (UTC); null: no limit. */
  monthlyCallMinutes: number | null;
}

/** That nothing may be erased, deleted or swept, because somebody may have to show it. Set by the operator. */
export interface LegalHold {
  readonly since: Date;
  readonly reason: string | null;
}

/** The number, known to the carrier of the tenant's own provider account, that its phone calls come from. */
export interface TenantPhone {
  /** E.164. */
  readonly callerId: string;
  readonly carrier: Carrier;
}

/** A tenant's record. Global data: it is how a tenant is found, before there is one to scope by. */
export interface TenantDocument {
  _id: ObjectId;
  subdomain: string;
  name: string;
  isActive: boolean;
  branding: { name: string | null; logoUrl: string | null; primaryColor: string };
  /** Days that calls, transcripts, recordings and events are kept; null: for good. */
  retentionDays: number | null;
  /** The tenant's own provider key, sealed by the vault; null: the platform's provider is used. */
  sealedUltravoxApiKey: string | null;
  /** Which number calls on its own account come from. Set by the operator; null or absent: it dials nobody. */
  phone?: TenantPhone | null;
  /** Whether its calls are always simulated, in production too. Set by the operator; absent in old records. */
  isSandbox?: boolean;
  limits: TenantLimits;
  /** Null or absent: there is none. */
  hold?: LegalHold | null;
  /** Since when everything of it is being removed; it is not active any more. Null or absent: it stays. */
  deletingSince?: Date | null;
  createdAt: Date;
}

/** The vault's name for a tenant's own provider key. */
export const ULTRAVOX_KEY_FIELD = 'ultravoxApiKey';

const schema = systemSchema<TenantDocument>('global', {
  subdomain: { type: String, required: true },
  name: { type: String, required: true },
  isActive: { type: Boolean, required: true },
  branding: {
    _id: false,
    required: true,
    type: {
      name: { type: String, default: null },
      logoUrl: { type: String, default: null },
      primaryColor: { type: String, required: true },
    },
  },
  retentionDays: { type: Number, default: null },
  sealedUltravoxApiKey: sealedText(ULTRAVOX_KEY_FIELD),
  phone: { type: Object, default: null },
  isSandbox: { type: Boolean, default: false },
  limits: {
    _id: false,
    required: true,
    type: {
      maxConcurrentCalls: { type: Number, required: true },
      requestsPerMinute: { type: Number, required: true },
      monthlyCallMinutes: { type: Number, default: null },
    },
  },
  hold: { type: Object, default: null },
  deletingSince: { type: Date, default: null },
  createdAt: { type: Date, required: true },
});
// For TenantDirectory.findBySubdomain; also what keeps two sign-ups from taking one name.
schema.index({ subdomain: 1 }, { unique: true });

export const TENANTS = defineCollection<TenantDocument>('Tenant', 'tenants', schema);
