import { Injectable } from '@nestjs/common';
import type { Connection } from 'mongoose';
import { IsolationError } from '../../errors/isolation-error.js';
import type { Command, CommandGuard } from '../../mongo/command-guard.js';
import { commentOf, scopeStore } from '../scope-store.js';
import { CollectionClasses } from './collection-classes.js';
import { type Part, partsOf } from './pin.js';
import { plainPipelineFault } from './pipeline-fault.js';
import { SessionOwners } from './session-owners.js';
import { DATA_COMMANDS, type Ground, scopedBulkFault, scopedCommandFault } from './scoped-command.js';

/** What the driver needs to keep its connections, sessions and cursors; none of it reads or changes documents. */
const HOUSEKEEPING: ReadonlySet<string> = new Set([
  ...['hello', 'ismaster', 'ping', 'saslStart', 'saslContinue', 'authenticate', 'endSessions'],
  ...['commitTransaction', 'abortTransaction', 'killCursors'],
]);

/** What prepares the collections at the start. */
const PREPARING: ReadonlySet<string> = new Set([
  ...['create', 'createIndexes', 'collMod', 'dropIndexes', 'listCollections', 'listIndexes'],
]);

/** Commands that open a cursor. */
const OPENING: ReadonlySet<string> = new Set(['find', 'aggregate']);

/**
 * The last wall before the database: reads every command as it is about to be written to the wire, and refuses what
 * does not pin the tenant of the running scope, whoever has made it and by whatever door. What it does not know it
 * refuses. It shares two things with the hooks of the schemas, the list of harmless stages and the notion of an update
 * that moves a document; for all else it relies on nothing but the command.
 */
@Injectable()
export class WireGuard implements CommandGuard {
  private readonly classes = new WeakMap<Connection, CollectionClasses>();
  private readonly cursors = new SessionOwners();

  /** @throws IsolationError for a command that must not be sent. */
  check(command: Command, connection: Connection): void {
    const { name, database, body, session } = command;
    if (HOUSEKEEPING.has(name)) return;
    const isElsewhere = database !== connection.name && name !== 'bulkWrite';
    const fault = isElsewhere
      ? 'it leads to another database'
      : this.faultOf(name, body, session, connection);
    if (fault !== null)
      throw new IsolationError(String(body['collection'] ?? body[name]), name, fault, 'wire');
    if (OPENING.has(name)) this.cursors.note(session, currentOwner());
  }

  private faultOf(
    name: string,
    command: Part,
    session: object | null,
    connection: Connection,
  ): string | null {
    if (PREPARING.has(name)) return systemFault(command, 'schema.prepare');
    switch (name) {
      case 'explain': {
        const explained = command['explain'] as Part;
        return this.faultOf(Object.keys(explained)[0] ?? '', explained, session, connection);
      }
      case 'getMore':
        return this.cursors.isOf(session, currentOwner()) ? null : "the cursor is somebody else's";
      case 'bulkWrite':
        return this.bulkFault(command, connection);
      default:
        if (!DATA_COMMANDS.has(name)) return 'the command is not known here';
        return this.dataFault(
          command[name],
          connection,
          ground => scopedCommandFault(name, command, ground),
          () => systemFault(command) ?? plainPipelineFault(command['pipeline']),
        );
    }
  }

  /** One command for several collections, which servers from 8.0 on know. */
  private bulkFault(command: Part, connection: Connection): string | null {
    const namespaces = partsOf(command['nsInfo']).map(({ ns }) => String(ns));
    const own = `${connection.name}.`;
    for (const operation of partsOf(command['ops'])) {
      const namespace =
        namespaces[Number(operation['insert'] ?? operation['update'] ?? operation['delete'])] ?? '';
      const fault = this.dataFault(
        namespace.startsWith(own) ? namespace.slice(own.length) : null,
        connection,
        ground => scopedBulkFault(operation, ground),
        () => systemFault(command),
      );
      if (fault !== null) return fault;
    }
    return null;
  }

  private dataFault(
    collection: unknown,
    connection: Connection,
    scoped: (ground: Ground) => string | null,
    system: () => string | null,
  ): string | null {
    const classes = this.classesOn(connection);
    switch (classes.of(collection)) {
      case null:
        return 'no schema declares the collection';
      case 'scoped': {
        const tenantId = scopeStore.systemReason() === null ? scopeStore.scope()?.tenant?.id : undefined;
        if (!tenantId) return 'no tenant in scope';
        return scoped({ tenantId, isScoped: other => classes.of(other) === 'scoped' });
      }
      case 'global':
      case 'work':
        return system();
    }
  }

  private classesOn(connection: Connection): CollectionClasses {
    const known = this.classes.get(connection) ?? new CollectionClasses(connection);
    this.classes.set(connection, known);
    return known;
  }
}

/** Whose the commands are that are sent now. */
function currentOwner(): string {
  return scopeStore.systemReason() ?? scopeStore.scope()?.tenant?.id.toHexString() ?? 'nobody';
}

/** Why a command must not be sent that belongs to no tenant; null when it names the reason that the scope has. */
function systemFault(command: Part, only?: 'schema.prepare'): string | null {
  const reason = scopeStore.systemReason();
  if (reason === null || (only !== undefined && reason !== only)) return 'it needs a system reason';
  return command['comment'] === commentOf(reason) ? null : 'its comment does not name the reason';
}
