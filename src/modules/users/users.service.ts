import { Injectable } from '@nestjs/common';
import type { UserDocument } from '../../auth/user.schema.js';
import { isAllowed } from '../../auth/permissions.js';
import { UsersRepository } from '../../auth/users.repository.js';
import { fromPublicId } from '../../ids/public-id.js';
import type { ObjectId } from '../../mongo/object-id.js';
import { type Connection, paginate } from '../../pagination/connection.js';
import { CursorCodec } from '../../pagination/cursor-codec.js';
import { TenantContext } from '../../tenancy/tenant-context.js';
import type { UsersArgs } from './users.args.js';
import { type UserModel, userModel } from './user.model.js';

/** Reads the users of the running operation's tenant. */
@Injectable()
export class UsersService {
  constructor(
    private readonly users: UsersRepository,
    private readonly context: TenantContext,
    private readonly cursors: CursorCodec,
  ) {}

  /** The signed-in user; null when the viewer is not a person. */
  async viewer(): Promise<UserModel | null> {
    const { viewer } = this.context;
    return viewer.kind === 'user' ? this.load(viewer.userId) : null;
  }

  /** A user that the viewer may see: admins anybody, everybody else himself; null for all others. */
  async find(publicId: string): Promise<UserModel | null> {
    const id = fromPublicId('user', publicId);
    return id && this.isVisible(id) ? this.load(id) : null;
  }

  /** A page of the tenant's users, newest first. @throws DomainError BAD_USER_INPUT for a forged cursor. */
  list({ role, search, ...page }: UsersArgs): Promise<Connection<UserModel>> {
    const filter = { role: role ?? undefined, search: search ?? undefined };
    return paginate<UserDocument, UserModel>({
      list: 'users',
      page,
      order: { field: 'createdAt', direction: -1, keyOf: user => user.createdAt },
      cursors: this.cursors,
      fetch: query => this.users.page(query, filter),
      count: () => this.users.countMatching(filter),
      toNode: userModel,
    });
  }

  /** Many users in one query, by the hex digits of their ids; those that the viewer may not see are missing. */
  async findMany(ids: readonly (ObjectId | null)[]): Promise<ReadonlyMap<string, UserModel>> {
    const unique = new Map(ids.flatMap(id => (id && this.isVisible(id) ? [[id.toHexString(), id]] : [])));
    if (unique.size === 0) return new Map();
    const users = await this.users.findByIds([...unique.values()]);
    return new Map(users.map(user => [user._id.toHexString(), userModel(user)]));
  }

  /** Whether the viewer may see this user's record: admins anybody's, everybody else his own. */
  private isVisible(id: ObjectId): boolean {
    const { viewer } = this.context;
    return isAllowed(viewer, 'users:manage') || (viewer.kind === 'user' && viewer.userId.equals(id));
  }

  private async load(id: ObjectId): Promise<UserModel | null> {
    const user = await this.users.findById(id);
    return user && userModel(user);
  }
}
