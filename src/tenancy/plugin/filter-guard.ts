import type { ObjectId } from '../../mongo/object-id.js';

/**
 * Whether a filter names a tenant other than the given one, at any depth. Such a filter is refused rather than
 * overwritten: it shows a mistake that an overwrite would hide.
 */
export function namesOtherTenant(filter: unknown, tenantId: ObjectId): boolean {
  if (Array.isArray(filter)) return filter.some(part => namesOtherTenant(part, tenantId));
  if (typeof filter !== 'object' || filter === null) return false;
  return Object.entries(filter).some(([key, value]) => {
    if (key === 'tenantId') return !tenantId.equals(value as ObjectId);
    if (key === '$expr' || key === '$where') return JSON.stringify(value).includes('tenantId');
    return key.startsWith('$') && namesOtherTenant(value, tenantId);
  });
}
