import type { CallHappening } from '../../events/call-event.schema.js';

/** What webhooks can be told of: the API's name of each kind of event, and what it is called in what is sent. */
export const WEBHOOK_EVENTS = {
  CALL_STATUS_CHANGED: { happening: 'statusChanged', type: 'call.status_changed' },
  CALL_UTTERANCE_ADDED: { happening: 'utteranceAdded', type: 'call.utterance_added' },
  CALL_TRANSCRIPT_SETTLED: { happening: 'transcriptSettled', type: 'call.transcript_settled' },
  CALL_RECORDING_READY: { happening: 'recordingReady', type: 'call.recording_ready' },
  CALL_SUMMARY_READY: { happening: 'summaryReady', type: 'call.summary_ready' },
  CALL_DELETED: { happening: 'deleted', type: 'call.deleted' },
} as const satisfies Record<string, { happening: CallHappening['type']; type: string }>;

export type WebhookEventType = keyof typeof WEBHOOK_EVENTS;
export const WEBHOOK_EVENT_TYPES = Object.keys(WEBHOOK_EVENTS) as [WebhookEventType, ...WebhookEventType[]];

/** The stored kinds of events that a webhook wants to be told of. */
export function happeningsOf(events: readonly WebhookEventType[]): CallHappening['type'][] {
  return events.map(event => WEBHOOK_EVENTS[event].happening);
}

/** What a kind of event is called in what is sent. */
export function sentTypeOf(happening: CallHappening['type']): string {
  const found = Object.values(WEBHOOK_EVENTS).find(event => event.happening === happening);
  if (!found) throw new Error(`Webhooks do not know ${happening}`);
  return found.type;
}
