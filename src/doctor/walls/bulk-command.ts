import type { WireGuard } from '../../tenancy/wire-guard/wire-guard.js';
import { CHANGE, type Ground } from './ground.js';

/**
 * Shows the guard the command that servers from 8.0 on know for writes of any kind at several places; an older one could
 * not be sent it. Returns what the guard lets pass.
 */
export async function bulkFaults(guard: WireGuard, ground: Ground): Promise<string[]> {
  const { connection, own, other } = ground;
  const operations: Readonly<Record<string, object>> = {
    'an insert': { insert: 0, document: { tenantId: other } },
    'an update': { update: 0, filter: {}, updateMods: CHANGE },
    'an update that moves': {
      update: 0,
      filter: { tenantId: own },
      updateMods: { $set: { tenantId: other } },
    },
    'a deletion': { delete: 0, filter: {} },
  };
  const nsInfo = [{ ns: `${connection.name}.rows` }];
  const passed = [];
  for (const [name, operation] of Object.entries(operations)) {
    const body = { bulkWrite: 1, nsInfo, ops: [operation] };
    const isRefused = await ground.inScope(async () => {
      try {
        guard.check({ name: 'bulkWrite', database: 'admin', session: null, body }, connection);
        return false;
      } catch {
        return true;
      }
    });
    if (!isRefused) passed.push(`${name} in one command for several collections is not refused`);
  }
  return passed;
}
