import { TENANTS } from '../tenancy/tenant.schema.js';

/** The collections that hold sealed values, for `voho keys rewrap`. A test compares this with what schemas declare. */
export const SEALED_COLLECTIONS = [TENANTS] as const;
