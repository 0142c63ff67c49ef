/** Injection token of the one Mongoose connection. */
export const MONGO_CONNECTION = Symbol('MongoConnection');
