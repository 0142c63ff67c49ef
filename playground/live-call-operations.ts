/** Starts the demo call; {@link DEMO_CALL} are its variables. */
export const CREATE_DEMO_CALL = `mutation StartDemoCall($input: CreateCallInput!) { createCall(input: $input) { id } }`;

/** A call that needs nothing prepared: a prompt, two variables, a recording. */
export const DEMO_CALL = {
  input: {
    systemPrompt:
      'You are the friendly front desk of Acme Dental. Confirm the appointment of {{customer}} on {{appointment}}.',
    variables: { customer: 'Ada Park', appointment: 'Tuesday at ten' },
    recordingEnabled: true,
    metadata: { source: 'playground' },
  },
};

/** The stored events of the call, from the first one or after a cursor. */
export const FOLLOW_CALL = `subscription FollowCall($callId: ID!, $after: String) {
  callEvents(callId: $callId, after: $after) {
    __typename
    cursor
    ... on CallStatusChanged { status endReason }
    ... on CallUtteranceAdded { utterance { ordinal speaker text } }
    ... on CallRecordingReady { recording { url } }
    ... on CallSummaryReady { summary }
  }
}`;

/** What is being said right now. */
export const HEAR_CALL = `subscription HearCall($callId: ID!) {
  transcriptDeltas(callId: $callId) { ordinal speaker text isFinal }
}`;

/** The settled transcript. */
export const READ_CALL = `query ReadTranscript($id: ID!) {
  call(id: $id) { transcript(first: 100) { nodes { ordinal speaker text } } }
}`;

/** Hangs up. */
export const END_CALL = `mutation HangUp($id: ID!) { endCall(id: $id) { id } }`;
