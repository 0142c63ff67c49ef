import { Inject, Injectable } from '@nestjs/common';
import type { Model } from 'mongoose';
import type { ObjectId } from '../../mongo/object-id.js';
import { SystemAccess } from '../../tenancy/system-access.js';
import { CALL_ROUTES, type CallRouteDocument } from './call-route.schema.js';

/** Finds the tenant of a call. */
@Injectable()
export class CallRoutes {
  constructor(
    @Inject(CALL_ROUTES.token) private readonly model: Model<CallRouteDocument>,
    private readonly system: SystemAccess,
  ) {}

  /** Notes a new call, in the running transaction. */
  async add(callId: ObjectId, tenantId: ObjectId): Promise<void> {
    await this.system.run('route.register', () => this.model.insertMany([{ _id: callId, tenantId }]));
  }

  /** Forgets a call that is removed, in the running transaction. */
  async remove(callId: ObjectId): Promise<void> {
    await this.system.run('route.register', () => this.model.deleteOne({ _id: callId }).exec());
  }

  /** Notes the provider's id of a call, in the running transaction. */
  async learn(callId: ObjectId, providerCallId: string): Promise<void> {
    await this.system.run('route.register', () =>
      this.model.updateOne({ _id: callId }, { $set: { providerCallId } }).exec(),
    );
  }

  /** The call that the provider knows by this id; null for one that we know nothing of, or not yet. */
  async findByProviderCall(providerCallId: string): Promise<CallRouteDocument | null> {
    return this.system.run('route.resolve', () => this.model.findOne({ providerCallId }).lean().exec());
  }

  /** The tenant of a call; null for a call that never was, or is removed. */
  async tenantOf(callId: ObjectId): Promise<ObjectId | null> {
    const route = await this.system.run('route.resolve', () =>
      this.model.findOne({ _id: callId }).lean().exec(),
    );
    return route?.tenantId ?? null;
  }
}
