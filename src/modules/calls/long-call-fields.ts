/** Fields of a call that may hold tens of thousands of characters. A page of them is read only where they are asked for. */
export const LONG_CALL_FIELDS = ['systemPrompt', 'metadata', 'summary'] as const;
export type LongCallField = (typeof LONG_CALL_FIELDS)[number];
