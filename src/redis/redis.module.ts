import { Global, Module } from '@nestjs/common';
import { RedisClients } from './redis-clients.js';

/** Redis: doorbell, cache and counters. */
@Global()
@Module({ providers: [RedisClients], exports: [RedisClients] })
export class RedisModule {}
