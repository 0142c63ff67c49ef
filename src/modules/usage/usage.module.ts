import { Module } from '@nestjs/common';
import { CallsModule } from '../calls/calls.module.js';
import { UsageLedgerModule } from './usage-ledger.module.js';
import { UsageResolver } from './usage.resolver.js';
import { UsageService } from './usage.service.js';

/** What the tenant has used, for its admins. */
@Module({ imports: [CallsModule, UsageLedgerModule], providers: [UsageResolver, UsageService] })
export class UsageModule {}
