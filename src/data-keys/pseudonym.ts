import { toPublicId } from '../ids/public-id.js';
import type { ObjectId } from '../mongo/object-id.js';

/** What is left of an erased user's name: it tells him from others, and nothing about him. */
export function pseudonymOf(userId: ObjectId): string {
  return `erased ${toPublicId('user', userId)}`;
}
