import type { ObjectId } from '../../mongo/object-id.js';
import { belongsTo, isPinned, keepsTenant, type Part, partsOf } from './pin.js';
import { pipelineFault } from './pipeline-fault.js';

/** Whose command it is, and which collections are tenant-owned. */
export interface Ground {
  readonly tenantId: ObjectId;
  readonly isScoped: (collection: unknown) => boolean;
}

const UNPINNED = 'it does not name the tenant';
const unknown = (): string => 'it is not known to stay with its tenant';
const MOVES = 'an update must not touch tenantId';

const pinned = (filter: unknown, { tenantId }: Ground): string | null =>
  isPinned(filter, tenantId) ? null : UNPINNED;

function each(parts: unknown, fault: (part: Part) => string | null): string | null {
  const list = partsOf(parts);
  if (list.length === 0) return 'it cannot be read';
  return list.map(fault).find(found => found !== null) ?? null;
}

function updateFault(filter: unknown, update: unknown, ground: Ground): string | null {
  return pinned(filter, ground) ?? (keepsTenant(update, ground.tenantId) ? null : MOVES);
}

type Fault = (command: Part, ground: Ground) => string | null;

/** Every command on documents that may be sent at all, and why it may not as it stands. */
const FAULTS: Readonly<Record<string, Fault>> = {
  find: ({ filter }, ground) => pinned(filter, ground),
  count: ({ query }, ground) => pinned(query, ground),
  distinct: ({ query }, ground) => pinned(query, ground),
  aggregate: ({ pipeline }, { tenantId, isScoped }) => pipelineFault(pipeline, tenantId, isScoped),
  insert: ({ documents }, { tenantId }) =>
    each(documents, document =>
      belongsTo(document, tenantId) ? null : 'a document belongs to another tenant',
    ),
  update: ({ updates }, ground) =>
    each(updates, ({ q, u, collation }) => collationFault(collation) ?? updateFault(q, u, ground)),
  delete: ({ deletes }, ground) =>
    each(deletes, ({ q, collation }) => collationFault(collation) ?? pinned(q, ground)),
  findAndModify: ({ query, update, remove }, ground) =>
    remove === true ? pinned(query, ground) : updateFault(query, update, ground),
};

/** The names of the commands on documents that are known here. */
export const DATA_COMMANDS: ReadonlySet<string> = new Set(Object.keys(FAULTS));

/** It could find another tenant by an id that is only alike. */
const collationFault = (collation: unknown): string | null =>
  collation === undefined ? null : 'a collation may widen the tenant filter';

/** Why a command on a tenant-owned collection must not be sent; null when it may. */
export function scopedCommandFault(name: string, command: Part, ground: Ground): string | null {
  return collationFault(command['collation']) ?? (FAULTS[name] ?? unknown)(command, ground);
}

/** The same for one operation of a bulk write over several collections. */
export function scopedBulkFault(operation: Part, ground: Ground): string | null {
  const { document, filter, updateMods, collation } = operation;
  if ('insert' in operation) return belongsTo(document, ground.tenantId) ? null : UNPINNED;
  if ('update' in operation) return collationFault(collation) ?? updateFault(filter, updateMods, ground);
  if ('delete' in operation) return collationFault(collation) ?? pinned(filter, ground);
  return unknown();
}
