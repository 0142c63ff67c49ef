import type { ObjectId } from '../../mongo/object-id.js';
import { touchesTenant } from '../plugin/update-guard.js';

/** Part of a command, as the driver is about to write it. */
export type Part = Readonly<Record<string, unknown>>;

/** The parts of a list; nothing for anything else. */
export const partsOf = (value: unknown): readonly Part[] => (Array.isArray(value) ? (value as Part[]) : []);

/** An object as the driver writes it: some, like live documents, bring along what is to be written instead. */
function written(value: unknown): Part | null {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
  const { toBSON } = value as { toBSON?: unknown };
  return (typeof toBSON === 'function' ? toBSON.call(value) : value) as Part;
}

function isTenant(value: unknown, tenantId: ObjectId): boolean {
  const { _bsontype: type, equals } = (value ?? {}) as Partial<ObjectId>;
  return type === 'ObjectId' && equals !== undefined && tenantId.equals(value as ObjectId);
}

/** Whether a document belongs to a tenant. */
export function belongsTo(document: unknown, tenantId: ObjectId): boolean {
  const fields = written(document);
  return fields !== null && Object.hasOwn(fields, 'tenantId') && isTenant(fields['tenantId'], tenantId);
}

/** Whether a filter finds a tenant's documents alone, whatever else it asks for. */
export function isPinned(filter: unknown, tenantId: ObjectId): boolean {
  if (belongsTo(filter, tenantId)) return true;
  return partsOf(written(filter)?.['$and']).some(part => isPinned(part, tenantId));
}

/** Whether an update or a replacement leaves a document with its tenant. */
export function keepsTenant(update: unknown, tenantId: ObjectId): boolean {
  if (Array.isArray(update)) return !touchesTenant(update);
  const hasOperators = Object.keys(written(update) ?? {}).some(key => key.startsWith('$'));
  return hasOperators ? !touchesTenant(update) : belongsTo(update, tenantId);
}
