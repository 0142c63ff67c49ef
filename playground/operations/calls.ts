import { idPlaceholder, type ReadyMadeModule } from './ready-made.js';

/** Calls: create, read, steer, delete. */
export const calls: ReadyMadeModule = {
  title: 'Calls',
  operations: [
    {
      name: 'CreateCall',
      about: 'Start a call; the simulator plays it in a few seconds',
      query: `mutation CreateCall($input: CreateCallInput!) {
  createCall(input: $input) {
    id
    status
    joinUrl
    createdAt
  }
}`,
      variables: {
        input: {
          systemPrompt: 'You confirm the appointment of {{customer}} on {{day}}. Be brief and friendly.',
          variables: { customer: 'Ada Park', day: 'Tuesday at ten' },
          recordingEnabled: true,
          metadata: { source: 'playground' },
        },
      },
    },
    {
      name: 'Calls',
      about: 'The latest calls, newest first',
      query: `query Calls($first: Int, $filter: CallFilter) {
  calls(first: $first, filter: $filter) {
    totalCount
    nodes {
      id
      status
      medium
      createdAt
      durationSeconds
      endReason
      shortSummary
    }
    pageInfo { hasNextPage endCursor }
  }
}`,
      variables: { first: 10, filter: { statuses: ['COMPLETED', 'IN_PROGRESS'] } },
    },
    {
      name: 'CallDetails',
      about: 'One call with transcript, summary and recording',
      query: `query CallDetails($id: ID!) {
  call(id: $id) {
    id
    status
    createdBy { email }
    durationSeconds
    endReason
    summary
    recording { url contentType expiresAt }
    transcript(first: 50) {
      nodes { ordinal speaker text startedAt }
    }
  }
}`,
      variables: { id: idPlaceholder('call') },
    },
    {
      name: 'SendCallMessage',
      about: 'Say something into a live call',
      query: `mutation SendCallMessage($input: SendCallMessageInput!) {
  sendCallMessage(input: $input) {
    id
    status
  }
}`,
      variables: {
        input: { callId: idPlaceholder('call'), kind: 'USER_TEXT', text: 'Could we make it half past ten?' },
      },
    },
    {
      name: 'EndCall',
      about: 'Hang up, or cancel one that nobody joined',
      query: `mutation EndCall($id: ID!) {
  endCall(id: $id) {
    id
    status
    endReason
  }
}`,
      variables: { id: idPlaceholder('call') },
    },
    {
      name: 'DeleteCall',
      about: 'Remove a call with all that belongs to it',
      query: `mutation DeleteCall($id: ID!) {
  deleteCall(id: $id)
}`,
      variables: { id: idPlaceholder('call') },
    },
  ],
};
