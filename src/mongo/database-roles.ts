import { collectionDefinitions, type RowAccess } from './model-provider.js';

/** A role of the database, as `createRole` takes it. */
export interface DatabaseRole {
  readonly role: string;
  readonly privileges: readonly Privilege[];
}
interface Privilege {
  readonly resource: { readonly db: string; readonly collection: string };
  readonly actions: readonly string[];
}

const SERVER_ACTIONS: Readonly<Record<RowAccess, readonly string[]>> = {
  full: ['find', 'insert', 'update', 'remove'],
  'no-removal': ['find', 'insert', 'update'],
  'insert-only': ['find', 'insert'],
};

/**
 * The two roles that the database's users need, from the collections that are declared: MongoDB knows no denials, so
 * every right is named. Neither may change or drop a collection, or make or drop an index; an index alone could empty
 * the audit log, if it let rows expire.
 * - `vohoServer`: what the server does all day. It adds to the audit log and changes nothing there; call events it
 *   changes too, since they get their positions after the commit and lose the words of what is erased.
 * - `vohoSweeper`: removes what the server may not, and can do nothing else, not even read.
 */
export function databaseRoles(database: string): readonly DatabaseRole[] {
  const on = (collection: string) => ({ db: database, collection });
  const collections = [...collectionDefinitions()].sort((a, b) => (a.collection < b.collection ? -1 : 1));
  const server = collections.map(({ collection, access }) => ({
    resource: on(collection),
    actions: SERVER_ACTIONS[access],
  }));
  // Of all collections at once: the server looks at its start whether they are prepared.
  const looking = { resource: on(''), actions: ['listCollections', 'listIndexes'] };
  const sweeper = collections
    .filter(({ access }) => access !== 'full')
    .map(({ collection }) => ({ resource: on(collection), actions: ['remove'] }));
  return [
    { role: 'vohoServer', privileges: [looking, ...server] },
    { role: 'vohoSweeper', privileges: sweeper },
  ];
}

/** A script for mongosh that makes the roles, or brings those that are there up to date. */
export function rolesScript(database: string): string {
  const roles = databaseRoles(database).map(({ role, privileges }) => {
    const lines = privileges.map(privilege => `    ${JSON.stringify(privilege)},`);
    return `  { role: ${JSON.stringify(role)}, privileges: [\n${lines.join('\n')}\n  ] },`;
  });
  return `const database = db.getSiblingDB(${JSON.stringify(database)});
const roles = [
${roles.join('\n')}
];
for (const { role, privileges } of roles) {
  if (database.getRole(role) === null) database.createRole({ role, privileges, roles: [] });
  else database.updateRole(role, { privileges, roles: [] });
}`;
}
