/** Whether a path is the tenant's field or inside it. */
const isTenantPath = (path: string) => path === 'tenantId' || path.startsWith('tenantId.');

/** The fields of an object; of a live document those that it would be stored with, as Mongoose reads it too. */
function fieldsOf(value: unknown): Record<string, unknown> | null {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
  const { toObject } = value as { toObject?: unknown };
  return (typeof toObject === 'function' ? toObject.call(value) : value) as Record<string, unknown>;
}

/** Stages of a pipeline update that replace or drop whole documents, and with them the tenant. */
const REPLACING_STAGES = new Set(['$replaceRoot', '$replaceWith', '$project']);

/** Whether an update could change which tenant a document belongs to, however it is written. */
export function touchesTenant(update: unknown): boolean {
  if (Array.isArray(update)) return update.some(stageTouchesTenant);
  return Object.entries(fieldsOf(update) ?? {}).some(([key, value]) => {
    if (isTenantPath(key)) return true;
    const fields = key.startsWith('$') ? fieldsOf(value) : null;
    if (!fields) return false;
    if (key === '$rename' && Object.values(fields).some(target => isTenantPath(String(target)))) return true;
    return Object.keys(fields).some(isTenantPath);
  });
}

function stageTouchesTenant(stage: unknown): boolean {
  const fields = fieldsOf(stage);
  if (!fields) return true;
  return Object.entries(fields).some(([name, value]) => {
    if (REPLACING_STAGES.has(name)) return true;
    if (name === '$unset') return [value].flat().some(path => isTenantPath(String(path)));
    return Object.keys(fieldsOf(value) ?? {}).some(isTenantPath);
  });
}
