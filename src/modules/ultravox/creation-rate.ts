import { randomUUID } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { SETTINGS, type Settings } from '../../config/settings.js';
import { RedisClients } from '../../redis/redis-clients.js';

interface Window {
  readonly milliseconds: number;
  readonly most: number;
}

/**
 * Notes the creation and returns 0, or returns the milliseconds after which one more would fit into every window.
 * Exact in every second and minute, wherever it begins: a provider need not count in the windows that we choose.
 */
const TAKE = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local wait, longest = 0, 0
for i = 2, #ARGV, 2 do
  local window, most = tonumber(ARGV[i]), tonumber(ARGV[i + 1])
  longest = math.max(longest, window)
  local blocking = redis.call('ZREVRANGE', KEYS[1], most - 1, most - 1, 'WITHSCORES')[2]
  if blocking then wait = math.max(wait, blocking + window - now) end
end
if wait > 0 then return wait end
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - longest)
redis.call('ZADD', KEYS[1], now, ARGV[1])
redis.call('PEXPIRE', KEYS[1], longest)
return 0`;

/** Keeps the creations of all processes below the rate of each of the provider's accounts. Without Redis each process counts alone. */
@Injectable()
export class CreationRate {
  private readonly windows: readonly Window[];
  /** The creations of this process, newest first, for the time without Redis. */
  private readonly own = new Map<string, number[]>();

  constructor(
    @Inject(SETTINGS) settings: Settings,
    private readonly redis: RedisClients,
  ) {
    const { PROVIDER_CREATIONS_PER_SECOND, PROVIDER_CREATIONS_PER_MINUTE } = settings;
    this.windows = [
      { milliseconds: 1000, most: PROVIDER_CREATIONS_PER_SECOND },
      ...(PROVIDER_CREATIONS_PER_MINUTE === undefined
        ? []
        : [{ milliseconds: 60_000, most: PROVIDER_CREATIONS_PER_MINUTE }]),
    ];
  }

  /** Takes one creation of an account; 0 when it may go on now, else how many milliseconds to wait. */
  async take(account: string): Promise<number> {
    const windows = this.windows.flatMap(({ milliseconds, most }) => [milliseconds, most]);
    try {
      const key = `provider:creations:${account}`;
      return Number(await this.redis.commands.eval(TAKE, 1, key, randomUUID(), ...windows));
    } catch {
      return this.takeAlone(account);
    }
  }

  private takeAlone(account: string): number {
    const now = performance.now();
    const taken = this.own.get(account) ?? [];
    const waits = this.windows.map(({ milliseconds, most }) => {
      const blocking = taken[most - 1];
      return blocking === undefined ? 0 : Math.ceil(blocking + milliseconds - now);
    });
    const wait = Math.max(...waits, 0);
    if (wait > 0) return wait;
    const most = Math.max(...this.windows.map(window => window.most));
    this.own.set(account, [now, ...taken].slice(0, most));
    return 0;
  }
}
