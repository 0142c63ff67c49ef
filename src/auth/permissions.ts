import type { ApiKeyScope, Role, Viewer } from '../tenancy/viewer.js';

/** Everything that can be allowed. Each root field of the API names exactly one of these, or is public. */
export type Permission =
  | 'account:own'
  | 'tenant:read'
  | 'nodes:read'
  | 'tenant:manage'
  | 'users:manage'
  | 'keys:manage'
  | 'agents:read'
  | 'agents:write'
  | 'calls:read'
  | 'calls:write'
  /** Figures of the calls that the viewer may see. */
  | 'analytics:read'
  /** What the tenant has used. */
  | 'usage:read'
  | 'webhooks:manage'
  | 'audit:read';

const USER: readonly Permission[] = [
  'account:own',
  'tenant:read',
  'nodes:read',
  'agents:read',
  'calls:read',
  'calls:write',
  'analytics:read',
];

/** What each role may do inside its tenant. Whose calls a viewer sees is decided by {@link seesAllCalls}. */
export const ROLE_PERMISSIONS: Readonly<Record<Role, readonly Permission[]>> = {
  USER,
  ADMIN: [
    ...USER,
    'tenant:manage',
    'users:manage',
    'keys:manage',
    'agents:write',
    'usage:read',
    'webhooks:manage',
    'audit:read',
  ],
};

/** What every API key may do, whatever its scopes. */
const EVERY_KEY: readonly Permission[] = ['tenant:read'];

/** What each scope of an API key allows. What stands in none is closed to keys. */
export const SCOPE_PERMISSIONS: Readonly<Record<ApiKeyScope, readonly Permission[]>> = {
  CALLS_READ: ['calls:read'],
  CALLS_WRITE: ['calls:write'],
  AGENTS_READ: ['agents:read'],
  AGENTS_WRITE: ['agents:write'],
  ANALYTICS_READ: ['analytics:read', 'usage:read'],
  AUDIT_READ: ['audit:read'],
  WEBHOOKS_MANAGE: ['webhooks:manage'],
};

/** Whether a viewer has a right. The server's own work has every right; strangers have none. */
export function isAllowed(viewer: Viewer, permission: Permission): boolean {
  switch (viewer.kind) {
    case 'user':
      return ROLE_PERMISSIONS[viewer.role].includes(permission);
    case 'key':
      return (
        EVERY_KEY.includes(permission) ||
        viewer.scopes.some(scope => SCOPE_PERMISSIONS[scope].includes(permission))
      );
    case 'system':
      return true;
    case 'link':
    case 'anonymous':
      return false;
  }
}

/** Admins and API keys see all calls of their tenant, everybody else his own. */
export function seesAllCalls(viewer: Viewer): boolean {
  switch (viewer.kind) {
    case 'user':
      return viewer.role === 'ADMIN';
    case 'key':
    case 'system':
      return true;
    case 'link':
    case 'anonymous':
      return false;
  }
}
