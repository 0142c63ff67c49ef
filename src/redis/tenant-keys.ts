import { Injectable } from '@nestjs/common';
import type { ObjectId } from '../mongo/object-id.js';
import { RedisClients } from './redis-clients.js';
import { tenantPrefix } from './redis-keys.js';

const PAGE = 1000;

/** Forgets tenants in Redis. */
@Injectable()
export class TenantKeys {
  constructor(private readonly redis: RedisClients) {}

  /** Removes every key of a tenant. It looks through all keys there are. @throws while Redis is away. */
  async removeAll(tenantId: ObjectId): Promise<void> {
    const { commands } = this.redis;
    let cursor = '0';
    do {
      const [next, keys] = await commands.scan(cursor, 'MATCH', `${tenantPrefix(tenantId)}*`, 'COUNT', PAGE);
      if (keys.length > 0) await commands.unlink(...keys);
      cursor = next;
    } while (cursor !== '0');
  }
}
