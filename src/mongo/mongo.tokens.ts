/** Injection token of the one Mongoose connection. */
export const MONGO_CONNECTION = Symbol('MongoConnection');
/** Injection token of the CommandGuard of that connection; without one there is no connection. */
export const COMMAND_GUARD = Symbol('CommandGuard');
