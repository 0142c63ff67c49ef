import { defineCollection } from '../../mongo/model-provider.js';
import type { ObjectId } from '../../mongo/object-id.js';
import { systemSchema } from '../../tenancy/plugin/system-schema.js';

/** Leads from a call's id to its tenant, for news from the provider, which names no tenant we could trust. */
export interface CallRouteDocument {
  /** The call's id. */
  _id: ObjectId;
  tenantId: ObjectId;
}

const schema = systemSchema<CallRouteDocument>('work', { tenantId: { type: 'ObjectId', required: true } });

export const CALL_ROUTES = defineCollection<CallRouteDocument>('CallRoute', 'callRoutes', schema);
