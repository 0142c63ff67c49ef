import type { ReadyMadeModule } from './ready-made.js';

/** Own servers that are told of what happens to calls. */
export const webhooks: ReadyMadeModule = {
  title: 'Webhooks',
  operations: [
    {
      name: 'Webhooks',
      about: 'Who is told of calls, and what became of it (admins)',
      query: `query Webhooks {
  webhooks {
    id
    url
    events
    isEnabled
    deliveries(first: 5) {
      nodes { eventId status attempts nextAttemptAt responseStatus lastError }
    }
  }
}`,
    },
    {
      name: 'CreateWebhook',
      about: 'Tell a server of mine; keep the secret, it is shown once (admins)',
      query: `mutation CreateWebhook($input: CreateWebhookInput!) {
  createWebhook(input: $input) {
    secret
    webhook { id url events isEnabled }
  }
}`,
      variables: {
        input: { url: 'https://you.example/voho', events: ['CALL_STATUS_CHANGED', 'CALL_SUMMARY_READY'] },
      },
    },
  ],
};
