import { Types } from 'mongoose';

/** The id of a stored document. Outside the server it is always wrapped by the public id codec. */
export type ObjectId = Types.ObjectId;

/** Makes a new, unique id. */
export function newObjectId(): ObjectId {
  return new Types.ObjectId();
}

/** Reads 24 hex digits; null for anything else. */
export function parseObjectId(hex: string): ObjectId | null {
  return /^[0-9a-f]{24}$/.test(hex) ? new Types.ObjectId(hex) : null;
}
