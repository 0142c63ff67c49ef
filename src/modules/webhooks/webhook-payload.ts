import type { CallEventDocument, CallHappening } from '../../events/call-event.schema.js';
import { toPublicId } from '../../ids/public-id.js';
import { toUtteranceModel } from '../calls/utterance.model.js';
import { sentTypeOf } from './webhook-events.js';

/**
 * What is sent of an event, as JSON: the same bytes at each try, unless the event's words have been erased since.
 * It holds what subscribers of the API may hear of the event too, and no links.
 * @param cursor the event's place in the feed, for whoever wants to go on from there by subscription.
 */
export function webhookPayload(event: CallEventDocument, cursor: string): string {
  return JSON.stringify({
    type: sentTypeOf(event.happening.type),
    timestamp: event.occurredAt.toISOString(),
    data: {
      id: toPublicId('event', event._id),
      callId: toPublicId('call', event.callId),
      sequence: event.sequence,
      cursor,
      occurredAt: event.occurredAt.toISOString(),
      ...detailsOf(event.happening),
    },
  });
}

function detailsOf(happening: CallHappening): object {
  switch (happening.type) {
    case 'statusChanged': {
      const { status, previousStatus, endReason } = happening;
      return { status, previousStatus, endReason };
    }
    case 'utteranceAdded':
      return { utterance: toUtteranceModel(happening.utterance, happening.joinedAt) };
    case 'transcriptSettled':
      return { utteranceCount: happening.utteranceCount };
    case 'summaryReady':
      return { summary: happening.summary, shortSummary: happening.shortSummary };
    case 'unknown':
      return { type: happening.kind };
    case 'recordingReady':
    case 'deleted':
      return {};
  }
}
