import { Field, ObjectType } from '@nestjs/graphql';
import { ROLE_PERMISSIONS } from '../../auth/permissions.js';
import { DateTime } from '../../schema/scalars.js';
import { tenantModel } from '../tenants/tenant.mapper.js';
import { TenantModel } from '../tenants/tenant.model.js';
import { UserModel, userModel } from '../users/user.model.js';
import type { OpenedSession } from './session-opener.js';

@ObjectType('AuthPayload', {
  description: 'A session. Both tokens are also set as HttpOnly cookies, where the transport has cookies.',
})
export class AuthPayloadModel {
  @Field({ description: 'A JWT for `Authorization: Bearer`; holds userId and tenantId.' })
  accessToken!: string;

  @Field(() => DateTime)
  accessTokenExpiresAt!: Date;

  @Field({ description: 'For `refreshSession`; counts once, within 30 days.' })
  refreshToken!: string;

  @Field(() => UserModel)
  user!: UserModel;

  @Field(() => TenantModel)
  tenant!: TenantModel;
}

/** What the session's own user sees of it, whoever the request's viewer was before. */
export function authPayload({ access, refresh, user, tenant }: OpenedSession): AuthPayloadModel {
  const isForAdmin = ROLE_PERMISSIONS[user.role].includes('tenant:manage');
  return {
    accessToken: access.token,
    accessTokenExpiresAt: access.expiresAt,
    refreshToken: refresh.token,
    user: userModel(user),
    tenant: tenantModel(tenant, { isForAdmin }),
  };
}
