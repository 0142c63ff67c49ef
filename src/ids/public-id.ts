import { type ObjectId, parseObjectId } from '../mongo/object-id.js';

/** The types that ids name outside the server: `<type>_<24 hex digits>`. */
export type IdType =
  | 'tenant'
  | 'user'
  | 'agent'
  | 'call'
  | 'event'
  | 'audit'
  | 'invitation'
  | 'session'
  | 'key'
  | 'webhook'
  | 'delivery';

/** Writes an id as clients see it, for example `call_65f0…`. */
export function toPublicId(type: IdType, id: ObjectId): string {
  return `${type}_${id.toHexString()}`;
}

/**
 * Reads an id that a client sent. Null when it is malformed or names another type, which callers must treat
 * exactly like an id that does not exist.
 */
export function fromPublicId(type: IdType, id: string): ObjectId | null {
  return id.startsWith(`${type}_`) ? parseObjectId(id.slice(type.length + 1)) : null;
}

/** The type an id claims to have, without checking the rest. */
export function claimedIdType(id: string): string {
  return id.slice(0, Math.max(0, id.indexOf('_')));
}
