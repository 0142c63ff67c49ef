import type { CallHappening, KnownHappening } from '../../events/call-event.schema.js';

/** What webhooks can be told of: the API's name of each kind of event, and what it is called in what is sent. */
export const WEBHOOK_EVENTS = {
  CALL_STATUS_CHANGED: { happening: 'statusChanged', type: 'call.status_changed' },
  CALL_UTTERANCE_ADDED: { happening: 'utteranceAdded', type: 'call.utterance_added' },
  CALL_TRANSCRIPT_SETTLED: { happening: 'transcriptSettled', type: 'call.transcript_settled' },
  CALL_RECORDING_READY: { happening: 'recordingReady', type: 'call.recording_ready' },
  CALL_SUMMARY_READY: { happening: 'summaryReady', type: 'call.summary_ready' },
  CALL_DELETED: { happening: 'deleted', type: 'call.deleted' },
} as const satisfies Record<string, { happening: KnownHappening['type']; type: string }>;

/** What is sent of an event whose kind this version does not know. */
export const UNKNOWN_TYPE = 'call.unknown';

export type WebhookEventType = keyof typeof WEBHOOK_EVENTS;
export const WEBHOOK_EVENT_TYPES = Object.keys(WEBHOOK_EVENTS) as [WebhookEventType, ...WebhookEventType[]];

const isKnown = (event: string): event is WebhookEventType => Object.hasOwn(WEBHOOK_EVENTS, event);

/** Which of the kinds that are stored of a webhook this version knows: a newer one beside it may have stored others. */
export const knownEvents = (events: readonly string[]): WebhookEventType[] => events.filter(isKnown);

/** The stored kinds of events that a webhook wants to be told of, as far as this version knows them. */
export function happeningsOf(events: readonly string[]): KnownHappening['type'][] {
  return knownEvents(events).map(event => WEBHOOK_EVENTS[event].happening);
}

/**
 * Whether a webhook is told of an event. It is told of those whose kind this version does not know when it wants all
 * kinds, or one that this version does not know either.
 */
export function isWanted(events: readonly string[], happening: CallHappening['type']): boolean {
  if (happening !== 'unknown') return happeningsOf(events).includes(happening);
  return WEBHOOK_EVENT_TYPES.every(type => events.includes(type)) || !events.every(isKnown);
}

/** What a kind of event is called in what is sent. */
export function sentTypeOf(happening: CallHappening['type']): string {
  return Object.values(WEBHOOK_EVENTS).find(event => event.happening === happening)?.type ?? UNKNOWN_TYPE;
}
