import { Module } from '@nestjs/common';
import { UltravoxModule } from '../ultravox/ultravox.module.js';
import { TenantsResolver } from './tenants.resolver.js';
import { TenantsService } from './tenants.service.js';
import { UpdateBranding } from './update-branding.js';
import { UpdateTenant } from './update-tenant.js';

/** What a tenant knows and decides about itself. */
@Module({
  imports: [UltravoxModule],
  providers: [TenantsResolver, TenantsService, UpdateBranding, UpdateTenant],
  exports: [TenantsService],
})
export class TenantsModule {}
