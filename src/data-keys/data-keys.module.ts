import { Global, Module } from '@nestjs/common';
import { modelProvider } from '../mongo/model-provider.js';
import { DATA_KEYS } from './data-key.schema.js';
import { DataKeys } from './data-keys.js';
import { DataKeysRepository } from './data-keys.repository.js';
import { MasterKeyCheck } from './master-key-check.js';
import { MASTER_KEY_RECORDS } from './master-key-record.schema.js';
import { MasterKeyRecords } from './master-key-records.repository.js';
import { PersonalData } from './personal-data.js';

/** What tells of a person and cannot be rewritten, sealed with a key that can be destroyed. */
@Global()
@Module({
  providers: [
    modelProvider(DATA_KEYS),
    modelProvider(MASTER_KEY_RECORDS),
    DataKeys,
    DataKeysRepository,
    MasterKeyCheck,
    MasterKeyRecords,
    PersonalData,
  ],
  exports: [DataKeys, MasterKeyCheck, PersonalData],
})
export class DataKeysModule {}
