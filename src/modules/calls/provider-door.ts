import { Injectable } from '@nestjs/common';
import { fromPublicId } from '../../ids/public-id.js';
import type { ObjectId } from '../../mongo/object-id.js';
import { TenantRunner } from '../../tenancy/tenant-runner.js';
import { tenantScope } from '../../tenancy/tenant-scope.js';
import { systemViewer } from '../../tenancy/viewer.js';
import { ProviderSignatures, type SignedMessage } from '../ultravox/signatures.js';
import type { ProviderCall } from '../ultravox/voice-provider.js';
import { CallRoutes } from './call-routes.js';
import { CALL_ID_KEY, CALL_MARK_KEY } from './twin-calls.js';

/** What a request of the provider without its signature is asked for, as WWW-Authenticate. */
export const PROVIDER_CHALLENGE = 'Ultravox-Signature realm="voho"';

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
    private readonly signatures: ProviderSignatures,
    private readonly runner: TenantRunner,
  ) {}

  /**
   * The call that a callback address names; null where the message is not signed for it, and for a call that is removed,
   * so that an answer never tells which ids exist. The signature is checked before the database is asked: its secret
   * follows from the id, so made-up ids cost no look-up, however many of them come.
   */
  async findSigned(publicCallId: string, signed: SignedMessage): Promise<NewsTarget | null> {
    return this.signatures.isGenuine(publicCallId, signed) ? this.find(publicCallId) : null;
  }

  /**
   * The call that news of the platform's account is for: the one of which our own mark tells in its metadata, else the
   * one that we know by the provider's id. Null for what is not ours, and for what is not known yet.
   */
  async findByNews({ providerCallId, metadata }: ProviderCall): Promise<NewsTarget | null> {
    const id = metadata[CALL_ID_KEY] ?? '';
    if (this.signatures.isMarkOf(id, metadata[CALL_MARK_KEY] ?? '')) return this.find(id);
    const route = await this.routes.findByProviderCall(providerCallId);
    return route && { callId: route._id, tenantId: route.tenantId };
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

  /** The call of an id of ours; null for one that we never made, and for one that is removed. */
  private async find(publicCallId: string): Promise<NewsTarget | null> {
    const callId = fromPublicId('call', publicCallId);
    const tenantId = callId && (await this.routes.tenantOf(callId));
    return callId && tenantId ? { callId, tenantId } : null;
  }
}
