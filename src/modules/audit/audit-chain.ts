import { Inject, Injectable } from '@nestjs/common';
import type { Model } from 'mongoose';
import { Sealer, type StreamSealing } from '../../events/sealer.js';
import type { StreamHead } from '../../events/stream-heads.js';
import { type TenantKey, tenantKey } from '../../ids/tenant-key.js';
import { newObjectId, type ObjectId } from '../../mongo/object-id.js';
import { UnitOfWork } from '../../mongo/unit-of-work.js';
import { TenantContext } from '../../tenancy/tenant-context.js';
import { TenantRepository } from '../../tenancy/tenant-repository.js';
import { AUDIT_CHAIN, type AuditLinkDocument } from './audit-chain.schema.js';
import { auditHash, GENESIS } from './audit-hash.js';
import { AuditRepository } from './audit.repository.js';

/** Each tenant's audit rows, chained by hashes in one order without gaps. */
@Injectable()
export class AuditChain extends TenantRepository<AuditLinkDocument> implements StreamSealing {
  readonly stream = 'audit';
  private readonly sealed = new Map<TenantKey, ObjectId>();

  constructor(
    @Inject(AUDIT_CHAIN.token) model: Model<AuditLinkDocument>,
    private readonly rows: AuditRepository,
    private readonly work: UnitOfWork,
    private readonly context: TenantContext,
    sealer: Sealer,
  ) {
    super(model);
    sealer.register(this);
  }

  /** Links committed rows to the chain, oldest first, in the sealer's transaction. */
  async seal(ids: readonly ObjectId[], head: StreamHead): Promise<{ position: number; hash: string }> {
    const rows = await this.rows.findByIds(ids);
    rows.sort(
      (a, b) =>
        a.occurredAt.getTime() - b.occurredAt.getTime() ||
        (a._id.toHexString() < b._id.toHexString() ? -1 : 1),
    );
    let hash = head.hash || GENESIS;
    const links = rows.map((row, index) => {
      hash = auditHash(hash, row);
      return { _id: newObjectId(), sequence: head.position + 1 + index, auditId: row._id, hash };
    });
    await this.insertMany(links);
    const { id } = this.context.tenant;
    this.work.afterCommit(() => this.sealed.set(tenantKey(id), id));
    return { position: head.position + links.length, hash };
  }

  /** The tenants whose chain has grown in this process since this was last asked. */
  takeSealed(): ObjectId[] {
    const tenants = [...this.sealed.values()];
    this.sealed.clear();
    return tenants;
  }

  /** The link with this sequence; null when there is none. */
  at(sequence: number): Promise<AuditLinkDocument | null> {
    return this.findOne({ sequence });
  }

  /** The links behind a sequence, in order. */
  after(sequence: number, limit: number): Promise<AuditLinkDocument[]> {
    return this.find({ sequence: { $gt: sequence } }, { sort: { sequence: 1 }, limit });
  }

  /** The link with the highest sequence; null while there is none. */
  last(): Promise<AuditLinkDocument | null> {
    return this.findOne({}, { sort: { sequence: -1 } });
  }

  linksOf(auditIds: readonly ObjectId[]): Promise<AuditLinkDocument[]> {
    return this.find({ auditId: { $in: [...auditIds] } });
  }
}
