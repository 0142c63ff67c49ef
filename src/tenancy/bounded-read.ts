import { inReadTime } from '../mongo/read-deadline.js';
import { scopeStore } from './scope-store.js';

/**
 * Reads within the deadline of the client's operation that waits for it. What the server does by itself, such as a job
 * that an operation has set off, outlives the operation and has no part in its deadline.
 */
export function boundedRead<T>(read: () => Promise<T>): Promise<T> {
  return scopeStore.scope()?.viewer.kind === 'system' ? read() : inReadTime(read);
}
