import { Global, Module } from '@nestjs/common';
import { modelProvider } from '../mongo/model-provider.js';
import { COMMAND_GUARD } from '../mongo/mongo.tokens.js';
import { SealedValues } from './sealed-values.js';
import { Sweeper } from './sweeper.js';
import { SystemAccess } from './system-access.js';
import { TenantContext } from './tenant-context.js';
import { TenantData } from './tenant-data.js';
import { TenantDirectory } from './tenant-directory.js';
import { TenantResolver } from './tenant-resolver.js';
import { TenantRunner } from './tenant-runner.js';
import { TenantVerification } from './tenant-verification.js';
import { TENANTS } from './tenant.schema.js';
import { WireGuard } from './wire-guard/wire-guard.js';

/** Which tenant an operation belongs to, and the walls around its data. */
@Global()
@Module({
  providers: [
    { provide: COMMAND_GUARD, useClass: WireGuard },
    modelProvider(TENANTS),
    TenantContext,
    TenantRunner,
    SealedValues,
    Sweeper,
    SystemAccess,
    TenantData,
    TenantDirectory,
    TenantResolver,
    TenantVerification,
  ],
  exports: [
    COMMAND_GUARD,
    SealedValues,
    Sweeper,
    TenantContext,
    TenantRunner,
    SystemAccess,
    TenantData,
    TenantDirectory,
    TenantResolver,
    TenantVerification,
  ],
})
export class TenancyModule {}
