/** Whether a path is the tenant's field or inside it. */
const isTenantPath = (path: string) => path === 'tenantId' || path.startsWith('tenantId.');

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Stages of a pipeline update that replace or drop whole documents, and with them the tenant. */
const REPLACING_STAGES = new Set(['$replaceRoot', '$replaceWith', '$project']);

/** Whether an update could change which tenant a document belongs to, however it is written. */
export function touchesTenant(update: unknown): boolean {
  if (Array.isArray(update)) return update.some(stageTouchesTenant);
  if (!isObject(update)) return false;
  return Object.entries(update).some(([key, value]) => {
    if (isTenantPath(key)) return true;
    if (!key.startsWith('$') || !isObject(value)) return false;
    if (key === '$rename' && Object.values(value).some(target => isTenantPath(String(target)))) return true;
    return Object.keys(value).some(isTenantPath);
  });
}

function stageTouchesTenant(stage: unknown): boolean {
  if (!isObject(stage)) return true;
  return Object.entries(stage).some(([name, value]) => {
    if (REPLACING_STAGES.has(name)) return true;
    if (name === '$unset') return [value].flat().some(path => isTenantPath(String(path)));
    return isObject(value) && Object.keys(value).some(isTenantPath);
  });
}
