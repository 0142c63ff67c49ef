import type { TenantDocument, TenantLimits } from '../tenancy/tenant.schema.js';
import { isVerified } from '../tenancy/tenant-verification.js';

const HEADINGS = [
  'SUBDOMAIN',
  'STATE',
  'CALLS',
  'REQUESTS/MIN',
  'MINUTES/MONTH',
  'VERIFIED',
  'CREATED',
  'NAME',
];

/** A table of tenants for the terminal, one per line. */
export function tenantTable(tenants: readonly TenantDocument[]): string {
  const rows = tenants.map(tenant => [
    tenant.subdomain,
    stateOf(tenant),
    String(tenant.limits.maxConcurrentCalls),
    String(tenant.limits.requestsPerMinute),
    tenant.limits.monthlyCallMinutes === null ? 'none' : String(tenant.limits.monthlyCallMinutes),
    isVerified(tenant) ? 'yes' : 'no',
    tenant.createdAt.toISOString().slice(0, 10),
    tenant.name,
  ]);
  const lines = [HEADINGS, ...rows];
  const widths = HEADINGS.map((_, column) => Math.max(...lines.map(line => line[column]?.length ?? 0)));
  return lines
    .map(line =>
      line
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** A tenant's limits in one line. */
export function limitsLine({
  maxConcurrentCalls,
  requestsPerMinute,
  monthlyCallMinutes,
}: TenantLimits): string {
  const minutes =
    monthlyCallMinutes === null ? 'no limit of minutes' : `${monthlyCallMinutes} call minutes per month`;
  return `${maxConcurrentCalls} concurrent calls, ${requestsPerMinute} requests per minute, ${minutes}`;
}

function stateOf({ isActive, isSandbox, hold, deletingSince }: TenantDocument): string {
  const state = deletingSince ? 'being deleted' : isActive ? 'active' : 'suspended';
  return [state, ...(isSandbox ? ['sandbox'] : []), ...(hold ? ['held'] : [])].join(', ');
}
