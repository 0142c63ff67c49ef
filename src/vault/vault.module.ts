import { Global, Module } from '@nestjs/common';
import { Vault } from './vault.js';

/** Secrets that the server must be able to read again, such as a tenant's provider key. */
@Global()
@Module({ providers: [Vault], exports: [Vault] })
export class VaultModule {}
