import { Module } from '@nestjs/common';
import { modelProvider } from '../../mongo/model-provider.js';
import { UsageEntriesRepository } from './usage-entries.repository.js';
import { USAGE_ENTRIES } from './usage-entry.schema.js';
import { UsageLedger } from './usage-ledger.service.js';
import { USAGE_PEAKS } from './usage-peak.schema.js';
import { UsagePeaksRepository } from './usage-peaks.repository.js';

/** What calls are booked in. */
@Module({
  providers: [
    modelProvider(USAGE_ENTRIES),
    modelProvider(USAGE_PEAKS),
    UsageEntriesRepository,
    UsageLedger,
    UsagePeaksRepository,
  ],
  exports: [UsageLedger],
})
export class UsageLedgerModule {}
