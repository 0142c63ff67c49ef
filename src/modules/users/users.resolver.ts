import { Args, ID, Mutation, Query, Resolver } from '@nestjs/graphql';
import { Allow } from '../../auth/allow.js';
import type { Connection } from '../../pagination/connection.js';
import type { Role } from '../../tenancy/viewer.js';
import { UserChanges } from './user-changes.js';
import { UserConnection, UserModel, userModel, UserRole } from './user.model.js';
import { UsersArgs } from './users.args.js';
import { UsersService } from './users.service.js';

@Resolver(() => UserModel)
export class UsersResolver {
  constructor(
    private readonly reading: UsersService,
    private readonly changes: UserChanges,
  ) {}

  @Query(() => UserModel, {
    nullable: true,
    description: 'Whoever is signed in; null for a credential that is no person.',
  })
  @Allow('tenant:read')
  viewer(): Promise<UserModel | null> {
    return this.reading.viewer();
  }

  @Query(() => UserModel, {
    nullable: true,
    description:
      'A user. Null when there is none of that id, and for those who are not admins for anybody but themselves.',
  })
  @Allow('account:own')
  user(@Args('id', { type: () => ID }) id: string): Promise<UserModel | null> {
    return this.reading.find(id);
  }

  @Query(() => UserConnection, {
    description: "The tenant's users, newest first. For admins.",
  })
  @Allow('users:manage')
  users(@Args() args: UsersArgs): Promise<Connection<UserModel>> {
    return this.reading.list(args);
  }

  @Mutation(() => UserModel, {
    description: 'Gives a user another role. The last active admin stays admin: CONFLICT. For admins.',
  })
  @Allow('users:manage')
  async setUserRole(
    @Args('userId', { type: () => ID }) userId: string,
    @Args('role', { type: () => UserRole }) role: Role,
  ): Promise<UserModel> {
    return userModel(await this.changes.setRole(userId, role));
  }

  @Mutation(() => UserModel, {
    description:
      "Takes away the right to sign in and ends all of the user's sessions. The last active admin stays active: CONFLICT. For admins.",
  })
  @Allow('users:manage')
  async deactivateUser(@Args('userId', { type: () => ID }) userId: string): Promise<UserModel> {
    return userModel(await this.changes.deactivate(userId));
  }

  @Mutation(() => UserModel, { description: 'Lets a deactivated user sign in again. For admins.' })
  @Allow('users:manage')
  async reactivateUser(@Args('userId', { type: () => ID }) userId: string): Promise<UserModel> {
    return userModel(await this.changes.reactivate(userId));
  }
}
