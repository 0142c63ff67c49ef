import { Inject, Injectable } from '@nestjs/common';
import type { Model } from 'mongoose';
import type { ObjectId } from '../mongo/object-id.js';
import { type NewDocument, type ScopedUpdate, TenantRepository } from '../tenancy/tenant-repository.js';
import type { Role } from '../tenancy/viewer.js';
import type { PageQuery } from '../pagination/connection.js';
import { type UserDocument, USERS } from './user.schema.js';

@Injectable()
export class UsersRepository extends TenantRepository<UserDocument> {
  constructor(@Inject(USERS.token) model: Model<UserDocument>) {
    super(model);
  }

  findById(id: ObjectId): Promise<UserDocument | null> {
    return this.findOne({ _id: id });
  }

  findByIds(ids: readonly ObjectId[]): Promise<UserDocument[]> {
    return this.find({ _id: { $in: [...ids] } });
  }

  findByEmail(email: string): Promise<UserDocument | null> {
    return this.findOne({ email });
  }

  /** Stores a user. @throws a duplicate-key error when the address is taken in this tenant. */
  add(user: NewDocument<UserDocument>): Promise<UserDocument> {
    return this.insert(user);
  }

  /** The ids of those under a legal hold. */
  async heldIds(): Promise<ObjectId[]> {
    const held = await this.find({ hold: { $type: 'object' } }, { projection: { _id: 1 } });
    return held.map(user => user._id);
  }

  async remove(id: ObjectId): Promise<void> {
    await this.deleteMany({ _id: id });
  }

  change(id: ObjectId, update: ScopedUpdate<UserDocument>): Promise<UserDocument | null> {
    return this.updateOne({ _id: id }, update);
  }

  /** A page of users, newest first. `search` matches the start of the address or of a word of the name. */
  page(
    query: PageQuery,
    filter: { role?: Role | undefined; search?: string | undefined },
  ): Promise<UserDocument[]> {
    return this.find({ $and: [userFilter(filter), query.range] }, { sort: query.sort, limit: query.limit });
  }

  countMatching(filter: { role?: Role | undefined; search?: string | undefined }): Promise<number> {
    return this.count(userFilter(filter));
  }

  countActive(): Promise<number> {
    return this.count({ isActive: true });
  }

  countActiveAdmins(): Promise<number> {
    return this.count({ role: 'ADMIN', isActive: true });
  }
}

function userFilter({ role, search }: { role?: Role | undefined; search?: string | undefined }): object {
  const start = search?.trim().replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return {
    ...(role ? { role } : {}),
    ...(start
      ? { $or: [{ email: new RegExp(`^${start}`, 'i') }, { name: new RegExp(`(^|\\s)${start}`, 'i') }] }
      : {}),
  };
}
