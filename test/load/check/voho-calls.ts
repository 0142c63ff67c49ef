import type { Loose } from '../../kit/client.js';
import type { LoadTenant } from '../tenants.js';

/** A call as its tenant sees it over the API. */
export interface VohoCall {
  readonly id: string;
  readonly tenant: LoadTenant;
  readonly providerCallId: string | null;
  readonly status: string;
  readonly endReason: string | null;
  readonly billedSeconds: number | null;
  readonly summary: string | null;
  readonly joinedAt: string | null;
  readonly recordingUrl: string | null;
  readonly transcript: readonly { speaker: string; text: string; startedAt: string; endedAt: string }[];
}

const PAGE = `query ($after: String) {
  calls(first: 25, after: $after) {
    nodes {
      id providerCallId status endReason billedSeconds summary joinedAt recording { url }
      transcript(first: 100) { nodes { speaker text startedAt endedAt } }
    }
    pageInfo { hasNextPage endCursor }
  }
}`;

/** All calls of a tenant, page by page. */
export async function* vohoCalls(tenant: LoadTenant): AsyncGenerator<VohoCall, void, void> {
  for (let after: string | null = null; ;) {
    const { calls }: Loose = await tenant.client.data(PAGE, { after });
    for (const { recording, transcript, ...call } of calls.nodes as Loose[]) {
      yield { ...call, tenant, recordingUrl: recording?.url ?? null, transcript: transcript.nodes };
    }
    if (!calls.pageInfo.hasNextPage) return;
    after = calls.pageInfo.endCursor as string;
  }
}
