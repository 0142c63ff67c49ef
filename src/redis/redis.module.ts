import { Global, Module } from '@nestjs/common';
import { RedisClients } from './redis-clients.js';
import { TenantKeys } from './tenant-keys.js';

/** Redis: doorbell, cache and counters. */
@Global()
@Module({ providers: [RedisClients, TenantKeys], exports: [RedisClients, TenantKeys] })
export class RedisModule {}
