import { type AccountWebhooks, webhookRequestSchema, webhookView } from './account-webhooks.js';
import type { Clock } from './clock.js';
import { HttpFailure, type Reply } from './http-reply.js';
import { checked, param, type ApiRequest } from './http-request.js';
import { page } from './page.js';
import type { Route } from './router.js';
import type { StoredWebhook } from './stored-webhook.js';

/** The routes of the account's webhooks. */
export function webhookRoutes(webhooks: AccountWebhooks, clock: Clock): Route[] {
  const found = (request: ApiRequest): StoredWebhook => {
    const webhook = webhooks.find(param(request, 'id'));
    if (webhook === undefined) throw HttpFailure.notFound();
    return webhook;
  };
  const change = async (request: ApiRequest, isWhole: boolean): Promise<Reply> => {
    const webhook = found(request);
    const schema = isWhole ? webhookRequestSchema : webhookRequestSchema.partial();
    const { agentId, url, secrets, events } = checked(schema, await request.json());
    const changed = await webhooks.save({
      ...webhook,
      agentId: agentId ?? webhook.agentId,
      url: url ?? webhook.url,
      secrets: secrets ?? webhook.secrets,
      events: events ?? webhook.events,
    });
    return { status: 200, json: webhookView(changed) };
  };
  const path = '/api/webhooks/:id';
  return [
    { method: 'GET', path: '/api/webhooks', handle: request => list(request, webhooks) },
    {
      method: 'POST',
      path: '/api/webhooks',
      handle: async request => {
        const wanted = checked(webhookRequestSchema, await request.json());
        return { status: 201, json: webhookView(await webhooks.add(wanted, clock.now())) };
      },
    },
    { method: 'GET', path, handle: request => ({ status: 200, json: webhookView(found(request)) }) },
    { method: 'PUT', path, handle: request => change(request, true) },
    { method: 'PATCH', path, handle: request => change(request, false) },
    {
      method: 'DELETE',
      path,
      handle: async request => {
        await webhooks.save({ ...found(request), removedAt: clock.now() });
        return { status: 204 };
      },
    },
  ];
}

function list({ url }: ApiRequest, webhooks: AccountWebhooks): Reply {
  const agentId = url.searchParams.get('agentId');
  const shown = webhooks.all().filter(webhook => agentId === null || webhook.agentId === agentId);
  return { status: 200, json: page(url, shown, ({ webhookId }) => webhookId, webhookView) };
}
