import { Args, Mutation, Query, Resolver } from '@nestjs/graphql';
import { Allow, Public } from '../../auth/allow.js';
import { isAllowed } from '../../auth/permissions.js';
import { TenantContext } from '../../tenancy/tenant-context.js';
import { opaque } from '../../validation/rules.js';
import { Check } from '../../validation/validation.pipe.js';
import { brandingModel, tenantModel } from './tenant.mapper.js';
import { BrandingModel, TenantModel } from './tenant.model.js';
import { TenantsService } from './tenants.service.js';
import { UpdateBranding } from './update-branding.js';
import { UpdateBrandingInput } from './update-branding.input.js';
import { UpdateTenant } from './update-tenant.js';
import { UpdateTenantInput } from './update-tenant.input.js';

@Resolver(() => TenantModel)
export class TenantsResolver {
  constructor(
    private readonly tenants: TenantsService,
    private readonly updating: UpdateTenant,
    private readonly rebranding: UpdateBranding,
    private readonly context: TenantContext,
  ) {}

  @Query(() => TenantModel, { description: 'The tenant of this request.' })
  @Allow('tenant:read')
  async tenant(): Promise<TenantModel> {
    return tenantModel(await this.tenants.current(), { isForAdmin: this.isAdmin });
  }

  @Query(() => BrandingModel, {
    description:
      'How a tenant looks: the one of that subdomain, else the one of this request. Open to everybody.',
  })
  @Public()
  async branding(
    @Args('subdomain', { type: () => String, nullable: true }, Check(opaque)) subdomain?: string | null,
  ): Promise<BrandingModel> {
    return brandingModel(await this.tenants.branded(subdomain ?? null));
  }

  @Mutation(() => TenantModel, { description: 'Changes the settings of the tenant. For admins.' })
  @Allow('tenant:manage')
  async updateTenant(@Args('input') input: UpdateTenantInput): Promise<TenantModel> {
    return tenantModel(await this.updating.run(input), { isForAdmin: this.isAdmin });
  }

  @Mutation(() => BrandingModel, { description: 'Changes how the tenant looks. For admins.' })
  @Allow('tenant:manage')
  async updateBranding(@Args('input') input: UpdateBrandingInput): Promise<BrandingModel> {
    return brandingModel(await this.rebranding.run(input));
  }

  private get isAdmin(): boolean {
    return isAllowed(this.context.viewer, 'tenant:manage');
  }
}
