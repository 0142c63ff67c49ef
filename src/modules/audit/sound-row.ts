import { reportUnreadable } from '../../errors/unreadable-data.js';
import type { AuditDocument } from './audit.schema.js';

/**
 * A stored row as it can be shown: the very document where it is sound. A damaged one is shown as far as it can be read,
 * and raises the alarm; the verification of the log finds it too. Never throws.
 */
export function soundRow(stored: AuditDocument): AuditDocument {
  const faults: string[] = [];
  const repaired: Partial<AuditDocument> = {};
  const { _id, action, occurredAt, details } = stored as Partial<AuditDocument> & Pick<AuditDocument, '_id'>;
  const repair = (fields: Partial<AuditDocument>, fault: string) => {
    Object.assign(repaired, fields);
    faults.push(fault);
  };
  if (typeof action !== 'string') repair({ action: 'unknown' }, 'its action cannot be read');
  if (!(occurredAt instanceof Date) || Number.isNaN(occurredAt.getTime()))
    repair({ occurredAt: _id.getTimestamp() }, 'its time cannot be read');
  if (typeof details !== 'object' || Array.isArray(details))
    repair({ details: {} }, 'its details cannot be read');
  for (const field of ['actorLabel', 'ip', 'userAgent', 'sealedOrigin', 'sealedDetails'] as const)
    if (stored[field] != null && typeof stored[field] !== 'string')
      repair({ [field]: null }, `its ${field} cannot be read`);
  if (faults.length === 0) return stored;
  reportUnreadable({ what: 'audit event', id: _id.toHexString(), reason: faults.join(', ') });
  return { ...stored, ...repaired };
}
