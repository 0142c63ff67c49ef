import { Module } from '@nestjs/common';
import { CreationRate } from './creation-rate.js';
import { ProviderAccounts } from './provider-accounts.js';
import { Providers } from './providers.js';
import { ProviderSignatures } from './signatures.js';

/** The voice provider: one port, and one HTTP adapter for the real service and the simulator alike. */
@Module({
  providers: [CreationRate, ProviderAccounts, Providers, ProviderSignatures],
  exports: [CreationRate, Providers, ProviderSignatures],
})
export class UltravoxModule {}
