import type { Carrier } from '../config/phone-carriers.js';
import { defineCollection } from '../mongo/model-provider.js';
import type { ObjectId } from '../mongo/object-id.js';
import { sealedText } from '../vault/sealed-text.js';
import { systemSchema } from './plugin/system-schema.js';

/** What an operator allows a tenant. */
export interface TenantLimits {
  maxConcurrentCalls: number;
  requestsPerMinute: number;
  /** Billed minutes of calls per calendar month (UTC); null: no limit. */
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

/**
 * That the first admin of a new tenant has not shown yet that the e-mail address is theirs. Until then the tenant makes
 * no calls and invites no people.
 */
export interface PendingVerification {
  /** The mail whose token counts; a later mail replaces it. */
  readonly mailId: ObjectId;
  /** The admin whose address is to be verified. */
  readonly userId: ObjectId;
  readonly requestedAt: Date;
  /** Until when the mail's token counts. */
  readonly expiresAt: Date;
}

/** How many calls may be made in a minute, and how many minutes of them may be billed in a day (UTC). */
export interface PhoneBound {
  readonly callsPerMinute: number;
  readonly minutesPerDay: number;
}

/** The bounds of a tenant's phone calls on the platform's account: all together, to one country, and to one number. */
export interface PhoneLimits {
  readonly tenant: PhoneBound;
  readonly country: PhoneBound;
  readonly number: PhoneBound;
}

/** The operator's word that a tenant may make phone calls on the platform's provider account. */
export interface PlatformPhone {
  /** Where to: see `allowsDestination`. */
  readonly countries: readonly string[];
  readonly limits: PhoneLimits;
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
  /** Its phone calls on the platform's account. Set by the operator; null or absent: there are none. */
  platformPhone?: PlatformPhone | null;
  /** Whether its calls are always simulated, in production too. Set by the operator; absent in old records. */
  isSandbox?: boolean;
  limits: TenantLimits;
  /** Null or absent: the tenant is verified, as all are that were made before there was this field. */
  pendingVerification?: PendingVerification | null;
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
  platformPhone: { type: Object, default: null },
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
  pendingVerification: { type: Object, default: null },
  hold: { type: Object, default: null },
  deletingSince: { type: Date, default: null },
  createdAt: { type: Date, required: true },
});
// For TenantDirectory.findBySubdomain; also what keeps two sign-ups from taking one name.
schema.index({ subdomain: 1 }, { unique: true });

export const TENANTS = defineCollection<TenantDocument>('Tenant', 'tenants', schema);
