import type { ObjectId } from '../../mongo/object-id.js';

/**
 * Why a filter cannot be confined to a tenant; null when it can. A filter that names another tenant, at any depth,
 * is refused rather than overwritten: it shows a mistake that an overwrite would hide.
 */
export function filterFault(filter: unknown, tenantId: ObjectId): string | null {
  if (Array.isArray(filter)) return firstFault(filter, tenantId);
  if (typeof filter !== 'object' || filter === null) return null;
  for (const [key, value] of Object.entries(filter)) {
    if (key === 'tenantId' && !tenantId.equals(value as ObjectId)) return 'the filter names a tenant';
    if (key === '$where') return 'a filter that is code cannot be read';
    if (key === '$expr' && JSON.stringify(value).includes('tenantId')) return 'the filter names a tenant';
    const fault = key.startsWith('$') ? filterFault(value, tenantId) : null;
    if (fault) return fault;
  }
  return null;
}

function firstFault(filters: readonly unknown[], tenantId: ObjectId): string | null {
  for (const filter of filters) {
    const fault = filterFault(filter, tenantId);
    if (fault) return fault;
  }
  return null;
}
