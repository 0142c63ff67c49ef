import { Module } from '@nestjs/common';
import { AuditCheckpointsModule } from '../audit/audit-checkpoints.module.js';
import { CallsModule } from '../calls/calls.module.js';
import { UsersModule } from '../users/users.module.js';
import { DataExports } from './data-exports.js';
import { DeleteTenant } from './delete-tenant.js';
import { EraseUser } from './erase-user.js';
import { ExportArchive } from './export-archive.js';
import { ExportsController } from './exports.controller.js';
import { PrivacyResolver } from './privacy.resolver.js';

/** What people and tenants may ask of their data: to take it along, and to have it removed. */
@Module({
  imports: [AuditCheckpointsModule, CallsModule, UsersModule],
  controllers: [ExportsController],
  providers: [DataExports, DeleteTenant, EraseUser, ExportArchive, PrivacyResolver],
})
export class PrivacyModule {}
