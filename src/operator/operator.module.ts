import { type DynamicModule, Module } from '@nestjs/common';
import { AuthModule } from '../auth/auth.module.js';
import { ConfigModule } from '../config/config.module.js';
import type { Settings } from '../config/settings.js';
import { DataKeysModule } from '../data-keys/data-keys.module.js';
import { EventsModule } from '../events/events.module.js';
import { JobsModule } from '../jobs/jobs.module.js';
import { MailModule } from '../mail/mail.module.js';
import { AuditModule } from '../modules/audit/audit.module.js';
import { UltravoxModule } from '../modules/ultravox/ultravox.module.js';
import { UsageLedgerModule } from '../modules/usage/usage-ledger.module.js';
import { MongoModule } from '../mongo/mongo.module.js';
import { RedisModule } from '../redis/redis.module.js';
import { TelemetryModule } from '../telemetry/telemetry.module.js';
import { TenancyModule } from '../tenancy/tenancy.module.js';
import { VaultModule } from '../vault/vault.module.js';
import { StreamEpochs } from '../modules/restores/stream-epochs.service.js';
import { AuditOperations } from './audit-operations.js';
import { JobOperations } from './job-operations.js';
import { KeyOperations } from './key-operations.js';
import { RestoreOperations } from './restore-operations.js';
import { RunCommand } from './run-command.js';
import { SignUpInvitations } from './sign-up-invitations.js';
import { StreamCheck } from './stream-check.js';
import { TenantOperations } from './tenant-operations.js';
import { UserOperations } from './user-operations.js';
import { UsageReconciliation } from './usage-reconciliation.js';

/** What the operator's commands need of the server: no doors and no calls; jobs may be added, and are left to servers. */
@Module({})
export class OperatorModule {
  static with(settings: Settings): DynamicModule {
    return {
      module: OperatorModule,
      imports: [
        ConfigModule.with(settings),
        TelemetryModule,
        MongoModule,
        RedisModule,
        VaultModule,
        TenancyModule,
        DataKeysModule,
        MailModule,
        JobsModule,
        AuthModule,
        EventsModule,
        AuditModule,
        UltravoxModule,
        UsageLedgerModule,
      ],
      providers: [
        AuditOperations,
        JobOperations,
        KeyOperations,
        RestoreOperations,
        RunCommand,
        StreamCheck,
        StreamEpochs,
        SignUpInvitations,
        TenantOperations,
        UserOperations,
        UsageReconciliation,
      ],
    };
  }
}
