import { createHash } from 'node:crypto';
import type { AuditDocument } from './audit.schema.js';

/** What the first link's hash builds on. */
export const GENESIS = '0'.repeat(64);

/**
 * The hash of an audit row behind the hash before it: SHA-256, in hex, over a text that spells out every stored
 * field in a fixed order, so that the same row always gives the same hash and no change goes unseen. What is sealed is
 * covered as it is stored: the hash holds for good, also once nobody can open it any more.
 */
export function auditHash(previous: string, row: AuditDocument): string {
  const content = [
    row._id.toHexString(),
    row.tenantId.toHexString(),
    row.action,
    row.actorId?.toHexString() ?? null,
    row.actorLabel,
    row.details,
    row.ip,
    row.userAgent,
    row.sealedOrigin,
    row.sealedDetails,
    row.requestId,
    row.occurredAt.toISOString(),
  ];
  return createHash('sha256').update(previous).update('\n').update(canonical(content)).digest('hex');
}

/** JSON with sorted keys: key order may change on the way through a database, the meaning does not. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}
