import type { ObjectId } from '../mongo/object-id.js';
import { systemViewer, type Viewer } from './viewer.js';

/** The tenant an operation belongs to: only what never changes while it runs. */
export interface TenantIdentity {
  readonly id: ObjectId;
  readonly subdomain: string;
}

/** Where an operation came from, as the audit log and the request log keep it. */
export interface Origin {
  readonly transport: 'http' | 'websocket' | 'sse' | 'provider' | 'job' | 'command-line';
  readonly ip: string | null;
  readonly userAgent: string | null;
}

/**
 * Who does something, for which tenant, on behalf of which request: one frozen value per operation.
 * `tenant` is null only for public operations of a request that names no tenant, such as a sign-up.
 */
export interface TenantScope {
  readonly tenant: TenantIdentity | null;
  readonly viewer: Viewer;
  readonly requestId: string;
  readonly origin: Origin;
}

/** Freezes a scope, so that nothing further down can widen it. */
export function tenantScope(scope: TenantScope): TenantScope {
  const { tenant, viewer } = scope;
  const isFrozen = [scope, viewer, tenant ?? viewer].every(part => Object.isFrozen(part));
  if (isFrozen) return scope;
  return Object.freeze({
    ...scope,
    tenant: tenant && Object.freeze({ ...tenant }),
    viewer: Object.freeze({ ...viewer }),
  });
}

/** The scope of work that the server does by itself, for a tenant or, with null, for none; `label` says which, in logs and audit rows. */
export function jobScope(tenantId: ObjectId | null, label: string): TenantScope {
  return tenantScope({
    tenant: tenantId && { id: tenantId, subdomain: '' },
    viewer: systemViewer(label),
    requestId: label.replaceAll(' ', '-'),
    origin: { transport: 'job', ip: null, userAgent: null },
  });
}
