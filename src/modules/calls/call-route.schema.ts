import { defineCollection } from '../../mongo/model-provider.js';
import type { ObjectId } from '../../mongo/object-id.js';
import { systemSchema } from '../../tenancy/plugin/system-schema.js';

/** Leads from a call's id to its tenant, for news from the provider, which names no tenant we could trust. */
export interface CallRouteDocument {
  /** The call's id. */
  _id: ObjectId;
  tenantId: ObjectId;
  /** The provider's id of the call, once it is known, for calls of the platform's account. */
  providerCallId?: string;
}

const schema = systemSchema<CallRouteDocument>('work', {
  tenantId: { type: 'ObjectId', required: true },
  providerCallId: { type: String },
});
// For CallRoutes.findByProviderCall.
schema.index({ providerCallId: 1 }, { partialFilterExpression: { providerCallId: { $type: 'string' } } });

export const CALL_ROUTES = defineCollection<CallRouteDocument>('CallRoute', 'callRoutes', schema);
