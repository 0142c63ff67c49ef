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

/** What an API key may be made for. */
export const API_KEY_SCOPES = [
  'CALLS_READ',
  'CALLS_WRITE',
  'AGENTS_READ',
  'AGENTS_WRITE',
  'ANALYTICS_READ',
  'AUDIT_READ',
  'WEBHOOKS_MANAGE',
] as const;
export type ApiKeyScope = (typeof API_KEY_SCOPES)[number];

/** A program with an API key. It acts for the tenant, not for the person who made the key. */
export interface ApiKeyViewer {
  readonly kind: 'key';
  readonly keyId: ObjectId;
  readonly scopes: readonly ApiKeyScope[];
  /** The key's name and id, as audit rows keep them. */
  readonly label: string;
}

/** A person who has opened a signed link. The link itself is all that this viewer may read. */
export interface LinkViewer {
  readonly kind: 'link';
  /** What audit rows say: which kind of link it was. */
  readonly label: string;
}

/** Somebody without a credential; may use public fields only. */
export interface AnonymousViewer {
  readonly kind: 'anonymous';
  /** Why a credential that was sent did not count, in words for its sender. */
  readonly rejection?: string;
  /** Whether its sender cannot get another one by himself, as he can with a refresh token. */
  readonly isFinal?: boolean;
}

/** The server itself: provider news, jobs, the operator's command line. `label` says which, for the audit log. */
export interface SystemViewer {
  readonly kind: 'system';
  readonly label: string;
}

/** There is always a viewer, never null. */
export type Viewer = UserViewer | ApiKeyViewer | LinkViewer | AnonymousViewer | SystemViewer;

export const ANONYMOUS: AnonymousViewer = Object.freeze({ kind: 'anonymous' });

/** A viewer for work that the server does by itself. */
export function systemViewer(label: string): SystemViewer {
  return Object.freeze({ kind: 'system', label });
}
