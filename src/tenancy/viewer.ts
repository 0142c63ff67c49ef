import type { ObjectId } from '../mongo/object-id.js';

/** What a user may do inside the tenant. */
export type Role = 'ADMIN' | 'USER';

/** A signed-in person. */
export interface UserViewer {
  readonly kind: 'user';
  readonly userId: ObjectId;
  readonly sessionId: ObjectId;
  readonly role: Role;
  /** The e-mail address, as audit rows keep it. */
  readonly label: string;
}

/** Somebody without a credential; may use public fields only. */
export interface AnonymousViewer {
  readonly kind: 'anonymous';
  /** Why a credential that was sent did not count, in words for its sender. */
  readonly rejection?: string;
}

/** The server itself: provider news, jobs, the operator's command line. `label` says which, for the audit log. */
export interface SystemViewer {
  readonly kind: 'system';
  readonly label: string;
}

/** There is always a viewer, never null. */
export type Viewer = UserViewer | AnonymousViewer | SystemViewer;

export const ANONYMOUS: AnonymousViewer = Object.freeze({ kind: 'anonymous' });

/** A viewer for work that the server does by itself. */
export function systemViewer(label: string): SystemViewer {
  return Object.freeze({ kind: 'system', label });
}
