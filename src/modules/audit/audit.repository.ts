import { Inject, Injectable } from '@nestjs/common';
import type { Model } from 'mongoose';
import type { ObjectId } from '../../mongo/object-id.js';
import type { PageQuery } from '../../pagination/connection.js';
import { type NewDocument, TenantRepository } from '../../tenancy/tenant-repository.js';
import { AUDIT_EVENTS, type AuditDocument } from './audit.schema.js';

/** Which rows of the log are wanted. */
export interface AuditCriteria {
  readonly actions?: readonly string[] | undefined;
  readonly actorId?: ObjectId | undefined;
  readonly from?: Date | undefined;
  readonly to?: Date | undefined;
}

@Injectable()
export class AuditRepository extends TenantRepository<AuditDocument> {
  constructor(@Inject(AUDIT_EVENTS.token) model: Model<AuditDocument>) {
    super(model);
  }

  add(row: NewDocument<AuditDocument>): Promise<AuditDocument> {
    return this.insert(row);
  }

  findByIds(ids: readonly ObjectId[]): Promise<AuditDocument[]> {
    return this.find({ _id: { $in: [...ids] } });
  }

  page(query: PageQuery, criteria: AuditCriteria): Promise<AuditDocument[]> {
    return this.find(
      { $and: [auditFilter(criteria), query.range] },
      { sort: query.sort, limit: query.limit },
    );
  }

  /** The rows behind one, in order of time, at most `limit`. */
  inOrder(last: Pick<AuditDocument, '_id' | 'occurredAt'> | null, limit: number): Promise<AuditDocument[]> {
    const behind = last && [
      { occurredAt: { $gt: last.occurredAt } },
      { occurredAt: last.occurredAt, _id: { $gt: last._id } },
    ];
    return this.find(behind ? { $or: behind } : {}, { sort: { occurredAt: 1, _id: 1 }, limit });
  }

  countMatching(criteria: AuditCriteria): Promise<number> {
    return this.count(auditFilter(criteria));
  }
}

function auditFilter({ actions, actorId, from, to }: AuditCriteria): object {
  const time = { ...(from ? { $gte: from } : {}), ...(to ? { $lt: to } : {}) };
  return {
    ...(actions ? { action: { $in: [...actions] } } : {}),
    ...(actorId ? { actorId } : {}),
    ...(from || to ? { occurredAt: time } : {}),
  };
}
