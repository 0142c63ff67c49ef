/** The carriers of a provider account that need no more than a number. */
export const CARRIERS = ['twilio', 'telnyx', 'plivo'] as const;

export type Carrier = (typeof CARRIERS)[number];
