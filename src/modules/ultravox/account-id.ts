import { createHash } from 'node:crypto';
import { type ObjectId, parseObjectId } from '../../mongo/object-id.js';

/** Names the provider's account that a call is given to: the tenant's own, or the one that the platform's tenants share. */
export function accountOf(call: {
  readonly tenantId: ObjectId;
  readonly provider: { readonly baseUrl: string; readonly isOwnKey: boolean };
}): ObjectId {
  const { baseUrl, isOwnKey } = call.provider;
  const owner = isOwnKey ? call.tenantId.toHexString() : 'platform';
  const digest = createHash('sha256').update(`${owner} ${baseUrl}`).digest('hex');
  return parseObjectId(digest.slice(0, 24)) as ObjectId;
}
