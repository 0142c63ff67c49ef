import { Module } from '@nestjs/common';
import { CreationRate } from './creation-rate.js';
import { PhoneLines } from './phone-lines.js';
import { ProviderAccounts } from './provider-accounts.js';
import { Providers } from './providers.js';
import { ProviderSignatures } from './signatures.js';

/** The voice provider: one port, and one HTTP adapter for the real service and the simulator alike. */
@Module({
  providers: [CreationRate, PhoneLines, ProviderAccounts, Providers, ProviderSignatures],
  exports: [CreationRate, PhoneLines, Providers, ProviderSignatures],
})
export class UltravoxModule {}
