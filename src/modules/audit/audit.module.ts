import { Global, Module } from '@nestjs/common';
import { modelProvider } from '../../mongo/model-provider.js';
import { UsersModule } from '../users/users.module.js';
import { AUDIT_CHAIN } from './audit-chain.schema.js';
import { AuditChain } from './audit-chain.js';
import { AuditFeed } from './audit-feed.js';
import { AuditJoining } from './audit-joining.js';
import { AuditLog } from './audit-log.js';
import { AuditReader } from './audit-reader.js';
import { AuditVerifier } from './audit-verifier.js';
import { AuditRepository } from './audit.repository.js';
import { AuditResolver } from './audit.resolver.js';
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
    AuditChain,
    AuditFeed,
    AuditJoining,
    AuditLog,
    AuditReader,
    AuditRepository,
    AuditResolver,
    AuditService,
    AuditSubscriptions,
    AuditVerifier,
  ],
  exports: [AuditLog, AuditService, AuditVerifier],
})
export class AuditModule {}
