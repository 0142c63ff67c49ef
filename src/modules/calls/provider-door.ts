import { Injectable } from '@nestjs/common';
import { fromPublicId } from '../../ids/public-id.js';
import type { ObjectId } from '../../mongo/object-id.js';
import { TenantRunner } from '../../tenancy/tenant-runner.js';
import { tenantScope } from '../../tenancy/tenant-scope.js';
import { systemViewer } from '../../tenancy/viewer.js';
import { CallRoutes } from './call-routes.js';

/** A call that the provider's news is for, by our own record; what the news says of itself is never trusted. */
export interface NewsTarget {
  readonly callId: ObjectId;
  readonly tenantId: ObjectId;
}

/** Leads what comes from the provider into the tenant of its call. */
@Injectable()
export class ProviderDoor {
  constructor(
    private readonly routes: CallRoutes,
    private readonly runner: TenantRunner,
  ) {}

  /** The call that a callback address names; null for one that we never made. */
  async find(publicCallId: string): Promise<NewsTarget | null> {
    const callId = fromPublicId('call', publicCallId);
    const tenantId = callId && (await this.routes.tenantOf(callId));
    return callId && tenantId ? { callId, tenantId } : null;
  }

  /** Runs `work` for the call's tenant, as the provider. */
  enter<T>(
    { tenantId }: NewsTarget,
    requestId: string,
    ip: string | null,
    work: () => Promise<T>,
  ): Promise<T> {
    const scope = tenantScope({
      tenant: { id: tenantId, subdomain: '' },
      viewer: systemViewer('voice provider'),
      requestId,
      origin: { transport: 'provider', ip, userAgent: null },
    });
    return this.runner.run(scope, work);
  }
}
