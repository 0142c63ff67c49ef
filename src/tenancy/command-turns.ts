import { type TenantKey, tenantKey } from '../ids/tenant-key.js';
import { isInTransaction } from '../mongo/unit-of-work.js';
import { scopeStore } from './scope-store.js';

/** Commands that the people of one tenant may have under way at a time, of the 50 connections that a process has. */
export const COMMANDS_AT_ONCE = 4;

interface Line {
  active: number;
  readonly waiting: (() => void)[];
}

const lines = new Map<TenantKey, Line>();

/**
 * Sends a command of the running scope when it is its turn: one tenant's people have a few under way at a time, and the
 * others wait, first come, first served. So no operation, however many parts it reads, and no tenant fills the
 * connections that all share. What the server does by itself, such as following a call, does not wait; nor does what
 * belongs to a transaction, since others may wait for what it has locked.
 */
export async function sendInTurn<T>(send: () => Promise<T>): Promise<T> {
  const scope = scopeStore.scope();
  if (!scope?.tenant || scope.viewer.kind === 'system' || isInTransaction()) return send();
  const key = tenantKey(scope.tenant.id);
  const line = lineOf(key);
  if (line.active >= COMMANDS_AT_ONCE) await new Promise<void>(resolve => line.waiting.push(resolve));
  else line.active += 1;
  try {
    return await send();
  } finally {
    const next = line.waiting.shift();
    // What others have been answered meanwhile comes first.
    if (next) setImmediate(next);
    else {
      line.active -= 1;
      if (line.active === 0) lines.delete(key);
    }
  }
}

function lineOf(key: TenantKey): Line {
  const known = lines.get(key);
  if (known) return known;
  const line = { active: 0, waiting: [] };
  lines.set(key, line);
  return line;
}
