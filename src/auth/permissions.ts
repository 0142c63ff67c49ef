import type { Role, Viewer } from '../tenancy/viewer.js';

/** Everything that can be allowed. Each root field of the API names exactly one of these, or is public. */
export type Permission =
  | 'account:own'
  | 'tenant:read'
  | 'tenant:manage'
  | 'users:manage'
  | 'agents:read'
  | 'agents:write'
  | 'calls:read'
  | 'calls:write'
  | 'audit:read';

const USER: readonly Permission[] = [
  'account:own',
  'tenant:read',
  'agents:read',
  'calls:read',
  'calls:write',
];

/** What each role may do inside its tenant. Whose calls a viewer sees is decided by {@link seesAllCalls}. */
export const ROLE_PERMISSIONS: Readonly<Record<Role, readonly Permission[]>> = {
  USER,
  ADMIN: [...USER, 'tenant:manage', 'users:manage', 'agents:write', 'audit:read'],
};

/** Whether a viewer has a right. The server's own work has every right; strangers have none. */
export function isAllowed(viewer: Viewer, permission: Permission): boolean {
  switch (viewer.kind) {
    case 'user':
      return ROLE_PERMISSIONS[viewer.role].includes(permission);
    case 'system':
      return true;
    case 'anonymous':
      return false;
  }
}

/** Admins see all calls of their tenant, everybody else his own. */
export function seesAllCalls(viewer: Viewer): boolean {
  return viewer.kind === 'system' || (viewer.kind === 'user' && viewer.role === 'ADMIN');
}
