import { type Removal, removal } from '../removal.js';

const GUARD = 'tenancy/wire-guard/wire-guard.js';
const COMMANDS = 'tenancy/wire-guard/scoped-command.js';
const PIPELINE = 'tenancy/wire-guard/pipeline-fault.js';

/** A family of commands that passes as it is. */
const passing = (name: string, parameters: string) => {
  const begin = `    ${name}: (${parameters}) => `;
  return removal(`the guard’s look at ${name}`, COMMANDS, begin, `${begin}true ? null : `);
};

const guard = (lock: string, find: string, replace?: string) => removal(lock, GUARD, find, replace);
const pipeline = (lock: string, find: string, replace?: string) => removal(lock, PIPELINE, find, replace);

/** The guard on the wire: all of it, each family of commands, and what it asks of all of them. */
export const WIRE_REMOVALS: readonly Removal[] = [
  removal('the guard on the wire', 'mongo/mongo-connection.js', 'guardCommands(connection, guard);'),
  guard('that the guard refuses', 'if (fault !== null)\n            throw', 'if (false)\n            throw'),
  removal(
    'that each wire asks the guard by itself',
    'mongo/command-guard.js',
    'check(ns.db, readable(body), options?.session?.id);',
  ),
  passing('find', '{ filter }, ground'),
  passing('count', '{ query }, ground'),
  passing('distinct', '{ query }, ground'),
  passing('aggregate', '{ pipeline }, { tenantId, isScoped }'),
  passing('insert', '{ documents }, { tenantId }'),
  passing('update', '{ updates }, ground'),
  passing('delete', '{ deletes }, ground'),
  passing('findAndModify', '{ query, update, remove }, ground'),
  guard('the guard’s look at getMore', 'this.cursors.isOf(session, currentOwner()) ? null', 'true ? null'),
  guard(
    'the guard’s look at explain',
    "return this.faultOf(Object.keys(explained)[0] ?? '', explained, session, connection);",
    'return null;',
  ),
  guard('the guard’s look at bulkWrite', 'return this.bulkFault(command, connection);', 'return null;'),
  guard('that the guard knows the command', "return 'the command is not known here';", 'return null;'),
  guard('that the guard knows the collection', "return 'no schema declares the collection';", 'return null;'),
  guard(
    'that the guard stays in the database',
    "const isElsewhere = database !== connection.name && name !== 'bulkWrite';",
    'const isElsewhere = false;',
  ),
  guard(
    'that the guard heeds system access',
    'scopeStore.systemReason() === null ? scopeStore.scope()?.tenant?.id : undefined',
    'scopeStore.scope()?.tenant?.id',
  ),
  guard(
    'that the guard wants the reason in the comment',
    "return command['comment'] === commentOf(reason) ? null",
    'return true ? null',
  ),
  guard(
    'that the guard lets collections be prepared at the start alone',
    "return systemFault(command, 'schema.prepare');",
    'return systemFault(command);',
  ),
  guard(
    'the guard’s look at pipelines over global and work data',
    "systemFault(command) ?? plainPipelineFault(command['pipeline'])",
    'systemFault(command)',
  ),
  removal(
    'that the guard refuses collations',
    COMMANDS,
    "return collationFault(command['collation']) ?? (FAULTS",
    'return (FAULTS',
  ),
  removal(
    'that the guard has updates keep the tenant',
    COMMANDS,
    'return pinned(filter, ground) ?? (keepsTenant(update, ground.tenantId) ? null : MOVES);',
    'return pinned(filter, ground);',
  ),
  pipeline(
    'the guard’s look at the beginning of pipelines',
    "if (!isPinned(first?.['$match'], tenantId))",
    'if (false)',
  ),
  pipeline('the guard’s look into joins', "? pipelineFault(value['pipeline'], tenantId, isScoped)", '? null'),
  pipeline(
    'the guard’s look into $graphLookup',
    "return isPinned(value['restrictSearchWithMatch'], tenantId)",
    'return true',
  ),
  pipeline(
    'the guard’s look into $facet',
    'const fault = stagesFault(partsOf(stages));',
    'const fault = null;',
  ),
  pipeline(
    'that the guard knows the stage',
    'return PLAIN_STAGES.has(name) ? null :',
    'return true ? null :',
  ),
];
