import { Field, ObjectType } from '@nestjs/graphql';
import type { UserDocument } from '../../auth/user.schema.js';
import { toPublicId } from '../../ids/public-id.js';
import { ConnectionOf } from '../../pagination/connection.model.js';
import { enumOf } from '../../schema/enums.js';
import { Node } from '../../schema/node.model.js';
import { DateTime } from '../../schema/scalars.js';
import type { Role } from '../../tenancy/viewer.js';

export const UserRole = enumOf(
  'UserRole',
  ['ADMIN', 'USER'],
  'What a user may do: an admin manages the tenant and sees all its calls, a user sees his own.',
);

@ObjectType('User', { implements: () => [Node], description: 'A person of a tenant.' })
export class UserModel implements Node {
  id!: string;

  @Field({ description: 'In lower case; unique in the tenant.' })
  email!: string;

  @Field(() => String, { nullable: true, description: 'Null when no name was given.' })
  name!: string | null;

  @Field(() => UserRole)
  role!: Role;

  @Field({ description: 'False for a deactivated user, who cannot sign in.' })
  isActive!: boolean;

  @Field(() => DateTime)
  createdAt!: Date;

  @Field(() => DateTime, { nullable: true, description: 'Null when he has never signed in.' })
  lastLoginAt!: Date | null;
}

@ObjectType()
export class UserConnection extends ConnectionOf(UserModel, 'User') {}

/** What clients see of a user. */
export function userModel(user: UserDocument): UserModel {
  return {
    id: toPublicId('user', user._id),
    email: user.email,
    name: user.name,
    role: user.role,
    isActive: user.isActive,
    createdAt: user.createdAt,
    lastLoginAt: user.lastLoginAt,
  };
}
