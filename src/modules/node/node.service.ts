import { Injectable } from '@nestjs/common';
import { isAllowed } from '../../auth/permissions.js';
import { claimedIdType } from '../../ids/public-id.js';
import type { Node } from '../../schema/node.model.js';
import { TenantContext } from '../../tenancy/tenant-context.js';
import { AgentsService } from '../agents/agents.service.js';
import { ApiKeysService } from '../api-keys/api-keys.service.js';
import { AuditService } from '../audit/audit.service.js';
import { toCallModel } from '../calls/call.model.js';
import { CallsService } from '../calls/calls.service.js';
import { TenantsService } from '../tenants/tenants.service.js';
import { InvitationsService } from '../users/invitations.service.js';
import { UsersService } from '../users/users.service.js';
import { WebhookDeliveriesService } from '../webhooks/webhook-deliveries.service.js';
import { WebhooksService } from '../webhooks/webhooks.service.js';

/** Finds anything by its id, with the very checks of the field that it is usually read by. */
@Injectable()
export class NodeService {
  constructor(
    private readonly tenants: TenantsService,
    private readonly users: UsersService,
    private readonly invitations: InvitationsService,
    private readonly agents: AgentsService,
    private readonly calls: CallsService,
    private readonly audit: AuditService,
    private readonly apiKeys: ApiKeysService,
    private readonly webhooks: WebhooksService,
    private readonly deliveries: WebhookDeliveriesService,
    private readonly context: TenantContext,
  ) {}

  /** What an id names; null when there is no such thing, or it is not the viewer's to see. */
  async find(id: string): Promise<Node | null> {
    const { viewer } = this.context;
    switch (claimedIdType(id)) {
      case 'tenant':
        return this.tenants.find(id);
      case 'user':
        return this.users.find(id);
      case 'invitation':
        return this.invitations.find(id);
      case 'agent':
        return isAllowed(viewer, 'agents:read') ? this.agents.find(id) : null;
      case 'call': {
        const call = isAllowed(viewer, 'calls:read') ? await this.calls.find(id) : null;
        return call && toCallModel(call);
      }
      case 'audit':
        return this.audit.find(id);
      case 'key':
        return this.apiKeys.find(id);
      case 'webhook':
        return this.webhooks.find(id);
      case 'delivery':
        return this.deliveries.find(id);
      default:
        return null;
    }
  }
}
