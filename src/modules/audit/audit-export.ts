import { Injectable } from '@nestjs/common';
import { StreamHeads } from '../../events/stream-heads.js';
import { TenantContext } from '../../tenancy/tenant-context.js';
import { AuditChain } from './audit-chain.js';
import type { AuditLinkDocument } from './audit-chain.schema.js';
import { GENESIS } from './audit-hash.js';
import { AuditRepository } from './audit.repository.js';
import type { AuditDocument } from './audit.schema.js';

const PAGE = 500;

/**
 * The running tenant's audit log as lines of JSON, for whoever checks it elsewhere: events as they are stored, which is
 * what their hashes cover. What is sealed stays so, so that an export does not outlive an erasure.
 */
@Injectable()
export class AuditExport {
  constructor(
    private readonly chain: AuditChain,
    private readonly rows: AuditRepository,
    private readonly heads: StreamHeads,
    private readonly context: TenantContext,
  ) {}

  /** A line that says what it is, one for each sealed event, and one that says how far it goes. */
  async *lines(): AsyncGenerator<string, void, void> {
    const tenantId = this.context.tenant.id.toHexString();
    const head = await this.heads.read('audit');
    yield JSON.stringify({
      format: 'voho-audit-log',
      version: 1,
      tenantId,
      exportedAt: new Date().toISOString(),
    });
    for (let sequence = 0; sequence < head.position;) {
      const links = await this.chain.after(sequence, Math.min(PAGE, head.position - sequence));
      if (links.length === 0) break;
      const rows = await this.rows.findByIds(links.map(({ auditId }) => auditId));
      const byId = new Map(rows.map(row => [row._id.toHexString(), row]));
      for (const link of links) {
        yield JSON.stringify(exported(link, byId.get(link.auditId.toHexString())));
        sequence = Math.max(sequence, link.sequence);
      }
    }
    yield JSON.stringify({ end: true, sequence: head.position, hash: head.hash || GENESIS });
  }
}

/** A row that somebody has taken away leaves its link, so that whoever checks sees where it was. */
function exported({ sequence, hash, auditId }: AuditLinkDocument, row: AuditDocument | undefined) {
  const place = { sequence, hash, id: auditId.toHexString() };
  if (!row) return { ...place, event: null };
  const { _id: _, tenantId, actorId, occurredAt, ...rest } = row;
  return {
    ...place,
    event: {
      tenantId: tenantId.toHexString(),
      action: rest.action,
      actorId: actorId?.toHexString() ?? null,
      actorLabel: rest.actorLabel,
      details: rest.details,
      ip: rest.ip,
      userAgent: rest.userAgent,
      sealedOrigin: rest.sealedOrigin,
      sealedDetails: rest.sealedDetails,
      requestId: rest.requestId,
      occurredAt: occurredAt.toISOString(),
    },
  };
}
