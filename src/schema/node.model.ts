import { Field, ID, InterfaceType } from '@nestjs/graphql';
import { claimedIdType } from '../ids/public-id.js';

/** Which object type an id names. */
const TYPE_OF_ID: Readonly<Record<string, string>> = {
  tenant: 'Tenant',
  user: 'User',
  invitation: 'Invitation',
  agent: 'Agent',
  call: 'Call',
  audit: 'AuditEvent',
  key: 'ApiKey',
  webhook: 'Webhook',
  delivery: 'WebhookDelivery',
};

@InterfaceType({
  description: 'Anything with an id of its own.',
  resolveType: (node: { id: string }) => TYPE_OF_ID[claimedIdType(node.id)],
})
export abstract class Node {
  @Field(() => ID, { description: '`<type>_<24 hex digits>`, unique everywhere.' })
  id!: string;
}
