/** Injection token of the Mongoose connection that everything uses, but for what the sweeper removes. */
export const MONGO_CONNECTION = Symbol('MongoConnection');
/** Injection token of the connection that Sweeper removes over: the same one, unless the sweeper has a database user of its own. */
export const SWEEPER_CONNECTION = Symbol('SweeperConnection');
/** Injection token of the CommandGuard of both; without one there is no connection. */
export const COMMAND_GUARD = Symbol('CommandGuard');
