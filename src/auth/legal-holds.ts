import { Injectable } from '@nestjs/common';
import { conflict } from '../errors/domain-error.js';
import type { ObjectId } from '../mongo/object-id.js';
import { TenantContext } from '../tenancy/tenant-context.js';
import { TenantDirectory } from '../tenancy/tenant-directory.js';
import { UsersRepository } from './users.repository.js';

/** What must stay as it is: the operator holds a whole tenant, or one person with the calls he has made. */
@Injectable()
export class LegalHolds {
  constructor(
    private readonly tenants: TenantDirectory,
    private readonly users: UsersRepository,
    private readonly context: TenantContext,
  ) {}

  /** Whether the whole tenant is held. */
  async isTenantHeld(): Promise<boolean> {
    return Boolean((await this.tenants.findById(this.context.tenant.id))?.hold);
  }

  /** The held persons of the tenant. */
  heldUsers(): Promise<ObjectId[]> {
    return this.users.heldIds();
  }

  /** @throws DomainError CONFLICT where a user, or the tenant, is held. */
  async assertUserFree(userId: ObjectId | null): Promise<void> {
    const isHeld = (await this.isTenantHeld()) || (userId && (await this.users.findById(userId))?.hold);
    if (isHeld) throw held();
  }

  /** @throws DomainError CONFLICT where the tenant, or anybody in it, is held. */
  async assertTenantFree(): Promise<void> {
    if ((await this.isTenantHeld()) || (await this.heldUsers()).length > 0) throw held();
  }
}

const held = () =>
  conflict('It is under a legal hold: nothing may be removed until the operator releases it.');
