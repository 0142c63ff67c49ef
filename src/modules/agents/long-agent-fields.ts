/** Fields of agents and their versions that may hold tens of thousands of characters, read in pages only where they are asked for. */
export const LONG_AGENT_FIELDS = ['systemPrompt'] as const;
export type LongAgentField = (typeof LONG_AGENT_FIELDS)[number];
