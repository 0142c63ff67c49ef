import { DATA_KEYS } from '../data-keys/data-key.schema.js';
import { WEBHOOKS } from '../modules/webhooks/webhook.schema.js';
import { TENANTS } from '../tenancy/tenant.schema.js';

/** The collections that hold sealed values, for `voho keys rewrap`. A test compares this with what schemas declare. */
export const SEALED_COLLECTIONS = [TENANTS, DATA_KEYS, WEBHOOKS] as const;
