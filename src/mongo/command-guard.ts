import type { Connection, mongo } from 'mongoose';

/** A command on its way to the database. */
export interface Command {
  readonly name: string;
  /** The database that it is sent to. */
  readonly database: string;
  readonly body: Readonly<Record<string, unknown>>;
  /** The same for all commands of a session of the driver; a cursor keeps its session until it is closed. */
  readonly session: object | null;
}

/** Reads every command on its way to the database. */
export interface CommandGuard {
  /** @throws to keep a command from being sent. */
  check(command: Command, connection: Connection): void;
}

/** The driver's own connection, as far as it is used here. */
interface Wire {
  readonly id: number | string;
  monitorCommands: boolean;
  sendCommand(ns: { db: string }, body: Body, options?: { session?: Session }, ...rest: unknown[]): unknown;
}
type Body = Record<string, unknown>;
interface Session {
  readonly id?: object;
}

/**
 * Puts the guard between a connection and its server. The driver tells of a command in the middle of sending it, and
 * synchronously, so what the guard throws takes the place of the sending. That order is the driver's own and promised
 * nowhere: a contract test fails when it changes.
 */
export function guardCommands(connection: Connection, guard: CommandGuard): void {
  const client = connection.getClient();
  const check = (database: string, body: Body, session?: object) => {
    const name = Object.keys(body)[0] ?? '';
    guard.check({ name, database, body, session: session ?? null }, connection);
  };
  client.on('commandStarted', ({ address, connectionId, databaseName, command }) => {
    // Telling of commands makes the driver read every answer twice. So each wire tells of its first command alone, and
    // from then on asks by itself. One that cannot be found goes on telling: it is slower, and guarded all the same.
    const wire = wiresOf(client, address).find(({ id }) => id === connectionId);
    if (wire) askByItself(wire, check);
    check(databaseName, command, (command as { lsid?: object }).lsid);
  });
}

function askByItself(wire: Wire, check: (database: string, body: Body, session?: object) => void): void {
  const send = wire.sendCommand.bind(wire);
  wire.sendCommand = (ns, body, options, ...rest) => {
    check(ns.db, readable(body), options?.session?.id);
    return send(ns, body, options, ...rest);
  };
  wire.monitorCommands = false;
}

/** The wires of a server that are in use: the one that tells of a command is among them. */
function wiresOf(client: mongo.MongoClient, address: string): readonly Wire[] {
  interface Server {
    readonly pool?: { readonly checkedOut?: Iterable<Wire> };
  }
  const { topology } = client as unknown as {
    topology?: { readonly s?: { readonly servers?: ReadonlyMap<string, Server> } };
  };
  return [...(topology?.s?.servers?.get(address)?.pool?.checkedOut ?? [])];
}

/** Lists that the driver may write behind a command, where it holds them in an object of its own. */
const LISTS = ['documents', 'updates', 'deletes', 'ops', 'nsInfo'] as const;

/** A command with its lists in it, as the driver shows it to those whom it tells. */
function readable(body: Body): Body {
  const held = LISTS.filter(name => body[name] !== undefined && !Array.isArray(body[name]));
  if (held.length === 0) return body;
  return {
    ...body,
    ...Object.fromEntries(held.map(name => [name, (body[name] as { documents?: unknown }).documents])),
  };
}
