import { idPlaceholder, type ReadyMadeModule } from './ready-made.js';

/** Reusable templates of calls. */
export const agents: ReadyMadeModule = {
  title: 'Agents',
  operations: [
    {
      name: 'Agents',
      about: 'All agents of the tenant',
      query: `query Agents {
  agents(first: 20) {
    totalCount
    nodes {
      id
      name
      version
      systemPrompt
      recordingEnabled
      updatedAt
    }
  }
}`,
    },
    {
      name: 'CreateAgent',
      about: 'A template with {{placeholders}}',
      query: `mutation CreateAgent($input: CreateAgentInput!) {
  createAgent(input: $input) {
    id
    name
    version
  }
}`,
      variables: {
        input: {
          name: 'Appointment desk',
          systemPrompt: 'You confirm the appointment of {{customer}} on {{day}}. Be brief and friendly.',
          firstSpeaker: 'AGENT',
        },
      },
    },
    {
      name: 'UpdateAgent',
      about: 'Each change makes a new version',
      query: `mutation UpdateAgent($input: UpdateAgentInput!) {
  updateAgent(input: $input) {
    id
    name
    version
    versions(first: 5) { nodes { version systemPrompt createdAt } }
  }
}`,
      variables: {
        input: {
          id: idPlaceholder('agent'),
          systemPrompt:
            'You confirm the appointment of {{customer}} on {{day}}, and ask for a call-back number.',
        },
      },
    },
  ],
};
