import { idPlaceholder, type ReadyMadeModule } from './ready-made.js';

/** Subscriptions: run one, then start a call. */
export const live: ReadyMadeModule = {
  title: 'Live',
  operations: [
    {
      name: 'WatchMyCalls',
      about: 'Every event of every call I may see',
      query: `# Run this, then start a call in another browser tab or with the button above.
# The pane shows the latest event. Pass its cursor as "after" to go on from there: no gap, no repeat.
subscription WatchMyCalls($after: String) {
  callEvents(after: $after) {
    __typename
    callId
    sequence
    occurredAt
    ... on CallStatusChanged { status previousStatus endReason }
    ... on CallUtteranceAdded { utterance { speaker text } }
    ... on CallSummaryReady { summary }
    cursor
  }
}`,
      variables: { after: null },
    },
    {
      name: 'TranscriptDeltas',
      about: 'What is being said right now in one call',
      query: `subscription TranscriptDeltas($callId: ID!) {
  transcriptDeltas(callId: $callId) {
    ordinal
    speaker
    text
    isFinal
  }
}`,
      variables: { callId: idPlaceholder('call') },
    },
    {
      name: 'WatchDashboard',
      about: 'The numbers, as they change',
      query: `subscription WatchDashboard {
  dashboard {
    totalCalls
    activeCalls
    completedCalls
    failedCalls
  }
}`,
    },
    {
      name: 'WatchAuditLog',
      about: 'Who does what, in sealed order (admins)',
      query: `subscription WatchAuditLog($after: String) {
  auditEvents(after: $after) {
    sequence
    action
    actorLabel
    details
    occurredAt
    hash
  }
}`,
      variables: { after: null },
    },
  ],
};
