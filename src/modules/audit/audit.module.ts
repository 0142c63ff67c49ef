import { Global, Module } from '@nestjs/common';
import { modelProvider } from '../../mongo/model-provider.js';
import { UsersModule } from '../users/users.module.js';
import { AUDIT_CHAIN } from './audit-chain.schema.js';
import { AccessRecords } from './access-records.js';
import { AuditChain } from './audit-chain.js';
import { AuditCheckpoints } from './audit-checkpoints.js';
import { AuditExport } from './audit-export.js';
import { AuditFeed } from './audit-feed.js';
import { AuditJoining } from './audit-joining.js';
import { AuditLog } from './audit-log.js';
import { AuditReader } from './audit-reader.js';
import { AuditVerifier } from './audit-verifier.js';
import { CheckpointKeys } from './checkpoint-keys.js';
import { AuditRepository } from './audit.repository.js';
import { AuditResolver } from './audit.resolver.js';
import { RefusalLog } from './refusal-log.js';
import { AUDIT_EVENTS } from './audit.schema.js';
import { AuditService } from './audit.service.js';
import { AuditSubscriptions } from './audit.subscriptions.js';

/** What was done in a tenant, chained so that tampering shows. Global, since every module records what it does. */
@Global()
@Module({
  imports: [UsersModule],
  providers: [
    modelProvider(AUDIT_EVENTS),
    modelProvider(AUDIT_CHAIN),
    AccessRecords,
    AuditChain,
    AuditCheckpoints,
    AuditExport,
    AuditFeed,
    AuditJoining,
    AuditLog,
    AuditReader,
    AuditRepository,
    AuditResolver,
    AuditService,
    AuditSubscriptions,
    AuditVerifier,
    CheckpointKeys,
    RefusalLog,
  ],
  exports: [
    AccessRecords,
    AuditChain,
    AuditCheckpoints,
    AuditExport,
    AuditLog,
    AuditReader,
    AuditService,
    AuditVerifier,
    CheckpointKeys,
    RefusalLog,
  ],
})
export class AuditModule {}
