import { defineCollection } from '../mongo/model-provider.js';
import type { ObjectId } from '../mongo/object-id.js';
import { systemSchema } from '../tenancy/plugin/system-schema.js';

/** What has to be looked after. */
export const JOB_KINDS = [
  'call',
  'retention',
  'admission',
  'invitation-mail',
  'password-reset',
  'verification-mail',
  'webhook',
  'slow-webhook',
  'failing-webhook',
  'erasure',
  'tenant-deletion',
] as const;
export type JobKind = (typeof JOB_KINDS)[number];

/**
 * Something that must be looked after until it is settled, whichever process is alive. Work data: an id, a due
 * time and a lease.
 */
export interface JobDocument {
  /**
   * The id of what is looked after: of a call, a webhook, an invitation, a password reset, the tenant whose retention it
   * is, an account of the provider.
   */
  _id: ObjectId;
  kind: JobKind;
  /** null: it belongs to no tenant. */
  tenantId: ObjectId | null;
  dueAt: Date;
  /** Raised by each wake, so that a run that overlaps one does not put the next run off. */
  wakes: number;
  /** Who works on it now, and until when that counts. */
  leaseId: ObjectId | null;
  leasedUntil: Date | null;
  /** Failures in a row, outages of the stores left out; missing while there was none. */
  failures?: number;
  /** When the first of them was, by StoreClock. */
  failingSince?: Date | null;
  /** The last one's name and code: never its message, which may hold content. */
  lastError?: string | null;
  /** Since when it is not tried any more; a wake, or the operator, has it tried again. */
  parkedAt?: Date | null;
}

const schema = systemSchema<JobDocument>('work', {
  kind: { type: String, required: true, enum: JOB_KINDS },
  tenantId: { type: 'ObjectId', default: null },
  dueAt: { type: Date, required: true },
  wakes: { type: Number, required: true },
  leaseId: { type: 'ObjectId', default: null },
  leasedUntil: { type: Date, default: null },
  failures: { type: Number },
  failingSince: { type: Date },
  lastError: { type: String },
  parkedAt: { type: Date },
});
// For Jobs.due and nextDueAt.
schema.index({ kind: 1, dueAt: 1 });
// For FailingJobs; holds those alone.
schema.index({ failures: 1 }, { partialFilterExpression: { failures: { $gt: 0 } } });

export const JOBS = defineCollection<JobDocument>('Job', 'jobs', schema);
