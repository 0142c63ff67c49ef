import { Inject, Injectable } from '@nestjs/common';
import type { Model, UpdateQuery } from 'mongoose';
import { type PlatformKey, platformKey, type TenantKey, tenantKey } from '../ids/tenant-key.js';
import type { ObjectId } from '../mongo/object-id.js';
import { BriefCache } from './brief-cache.js';
import { SystemAccess } from './system-access.js';
import { type TenantDocument, TENANTS } from './tenant.schema.js';

/** Finds and changes tenants' records. The only reader of the tenants collection. */
@Injectable()
export class TenantDirectory {
  /** Apart from each other: a subdomain may read like another tenant's id. */
  private readonly bySubdomain = new BriefCache<PlatformKey, TenantDocument>(1000, 5000);
  private readonly byId = new BriefCache<TenantKey, TenantDocument>(1000, 5000);

  constructor(
    @Inject(TENANTS.token) private readonly model: Model<TenantDocument>,
    private readonly system: SystemAccess,
  ) {}

  findBySubdomain(subdomain: string): Promise<TenantDocument | null> {
    return this.system.run('tenant.resolve', () => this.model.findOne({ subdomain }).lean().exec());
  }

  findById(id: ObjectId): Promise<TenantDocument | null> {
    return this.system.run('tenant.resolve', () => this.model.findOne({ _id: id }).lean().exec());
  }

  /** Several tenants, by their ids in hex; those that are not there are left out. */
  async findByIds(ids: readonly ObjectId[]): Promise<ReadonlyMap<string, TenantDocument>> {
    const tenants = await this.system.run('tenant.resolve', () =>
      this.model
        .find({ _id: { $in: [...ids] } })
        .lean()
        .exec(),
    );
    return new Map(tenants.map(tenant => [tenant._id.toHexString(), tenant]));
  }

  /** All tenants by subdomain, for the operator alone. */
  list(): Promise<TenantDocument[]> {
    return this.system.run('tenant.manage', () => this.model.find().sort({ subdomain: 1 }).lean().exec());
  }

  /** The tenant as requests are told apart by it: at most a second old, at once after a change in this process. */
  recent(clue: { readonly subdomain: string } | { readonly id: ObjectId }): Promise<TenantDocument | null> {
    return 'subdomain' in clue
      ? this.bySubdomain.get(platformKey('subdomain', clue.subdomain), () =>
          this.findBySubdomain(clue.subdomain),
        )
      : this.byId.get(tenantKey(clue.id), () => this.findById(clue.id));
  }

  /** Stores a new tenant. @throws a duplicate-key error when the subdomain is taken. */
  async insert(tenant: TenantDocument): Promise<void> {
    await this.system.run('tenant.sign-up', () => this.model.insertMany([tenant]));
  }

  /** Forgets a tenant of which nothing else is left. */
  async remove(id: ObjectId): Promise<void> {
    await this.system.run('tenant.delete', () => this.model.deleteOne({ _id: id }).exec());
    this.forget();
  }

  /** Changes one tenant and returns it as it is afterwards. */
  update(id: ObjectId, update: UpdateQuery<TenantDocument>): Promise<TenantDocument | null> {
    this.forget();
    return this.system
      .run('tenant.manage', () =>
        this.model.findOneAndUpdate({ _id: id }, update, { returnDocument: 'after' }).lean().exec(),
      )
      .finally(() => {
        this.forget();
      });
  }

  private forget(): void {
    this.bySubdomain.clear();
    this.byId.clear();
  }
}
