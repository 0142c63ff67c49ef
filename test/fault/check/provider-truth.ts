import type { Loose } from '../../kit/client.js';

/** A call as the simulator has it. */
export interface ProviderCall {
  readonly providerCallId: string;
  readonly isKept: boolean;
  readonly endedAt: number;
  readonly wasJoined: boolean;
  /** What was said into it from outside. */
  readonly messages: readonly string[];
}

/** All calls at the simulator, by our own id of them: one of ours may have several there. */
export async function readProvider(url: string): Promise<Map<string, ProviderCall[]>> {
  const response = await fetch(`${url}/simulator/calls`, { headers: { connection: 'close' } });
  const { calls } = (await response.json()) as { calls: Loose[] };
  const byOurId = new Map<string, ProviderCall[]>();
  for (const { call, deletedAt, interventions, timeline } of calls) {
    const id = String(call.metadata.vohoCallId);
    const found = byOurId.get(id) ?? [];
    byOurId.set(id, found);
    found.push({
      providerCallId: call.callId,
      isKept: deletedAt === null,
      endedAt: timeline.endedAt,
      wasJoined: timeline.joinedAt !== null,
      messages: (interventions as Loose[]).map(({ message }) => String(message.text ?? '')),
    });
  }
  return byOurId;
}

/** What the provider says was said in a call. */
export async function providerWords(url: string, providerCallId: string): Promise<string[]> {
  const path = `/api/calls/${providerCallId}/messages?mode=in_call&pageSize=200`;
  const response = await fetch(`${url}${path}`, { headers: { 'x-api-key': 'check' } });
  const { results } = (await response.json()) as { results: Loose[] };
  return results.map(message => String(message.text));
}
