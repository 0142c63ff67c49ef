import { type DynamicModule, Module } from '@nestjs/common';
import { AuthModule } from './auth/auth.module.js';
import { ConfigModule } from './config/config.module.js';
import type { Settings } from './config/settings.js';
import { DataKeysModule } from './data-keys/data-keys.module.js';
import { EntryModule } from './entry/entry.module.js';
import { EventsModule } from './events/events.module.js';
import { JobsModule } from './jobs/jobs.module.js';
import { LinksModule } from './links/links.module.js';
import { MailModule } from './mail/mail.module.js';
import { AgentsModule } from './modules/agents/agents.module.js';
import { AnalyticsModule } from './modules/analytics/analytics.module.js';
import { ApiKeysModule } from './modules/api-keys/api-keys.module.js';
import { AuditCheckpointsModule } from './modules/audit/audit-checkpoints.module.js';
import { AuditModule } from './modules/audit/audit.module.js';
import { SignedLinkRequestsModule } from './modules/links/signed-link-requests.module.js';
import { CallsModule } from './modules/calls/calls.module.js';
import { NodeModule } from './modules/node/node.module.js';
import { PrivacyModule } from './modules/privacy/privacy.module.js';
import { RestoresModule } from './modules/restores/restores.module.js';
import { SessionsModule } from './modules/sessions/sessions.module.js';
import { TenantsModule } from './modules/tenants/tenants.module.js';
import { UltravoxModule } from './modules/ultravox/ultravox.module.js';
import { UsageModule } from './modules/usage/usage.module.js';
import { UsersModule } from './modules/users/users.module.js';
import { WebhooksModule } from './modules/webhooks/webhooks.module.js';
import { MigrationsModule } from './migrations/migrations.module.js';
import { MongoModule } from './mongo/mongo.module.js';
import { RecordingsModule } from './recordings/recordings.module.js';
import { RedisModule } from './redis/redis.module.js';
import { TelemetryModule } from './telemetry/telemetry.module.js';
import { TenancyModule } from './tenancy/tenancy.module.js';
import { UpgradesModule } from './upgrades/upgrades.module.js';
import { VaultModule } from './vault/vault.module.js';

/** The table of contents: what everything stands on, then the way of the data from the door to the events. */
@Module({})
export class AppModule {
  static with(settings: Settings): DynamicModule {
    return {
      module: AppModule,
      imports: [
        ConfigModule.with(settings),
        TelemetryModule,
        MongoModule,
        RedisModule,
        VaultModule,
        MailModule,
        LinksModule,
        RecordingsModule,
        UpgradesModule,
        EntryModule,
        TenancyModule,
        MigrationsModule,
        DataKeysModule,
        AuthModule,
        TenantsModule,
        UsersModule,
        SessionsModule,
        ApiKeysModule,
        AgentsModule,
        CallsModule,
        UltravoxModule,
        WebhooksModule,
        AnalyticsModule,
        UsageModule,
        AuditModule,
        SignedLinkRequestsModule,
        AuditCheckpointsModule,
        PrivacyModule,
        RestoresModule,
        NodeModule,
        JobsModule,
        EventsModule,
      ],
    };
  }
}
