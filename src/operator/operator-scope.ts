import { randomUUID } from 'node:crypto';
import type { TenantDocument } from '../tenancy/tenant.schema.js';
import { type TenantScope, tenantScope } from '../tenancy/tenant-scope.js';
import { systemViewer } from '../tenancy/viewer.js';

/** The scope of a command that works in one tenant; its audit rows name the operator and the command line. */
export function operatorScope({
  _id: id,
  subdomain,
}: Pick<TenantDocument, '_id' | 'subdomain'>): TenantScope {
  return tenantScope({
    tenant: { id, subdomain },
    viewer: systemViewer('operator'),
    requestId: randomUUID(),
    origin: { transport: 'command-line', ip: null, userAgent: null },
  });
}
