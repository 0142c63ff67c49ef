import { Redis } from 'ioredis';
import type { Findings } from './findings.js';
import type { Side } from './seat.js';

/** How long the first line may take. */
const PATIENCE_MS = 15_000;

/** Keys are a tenant's, or those of an address or of a provider's account, which belong to no tenant. */
const KNOWN_KEY = /^(t:[0-9a-f]{24}:|a:|provider:)/;
/** Commands that name no key. */
const KEYLESS = new Set([
  'auth',
  'client',
  'command',
  'config',
  'eval',
  'evalsha',
  'hello',
  'info',
  'monitor',
  'ping',
  'quit',
  'scan',
  'script',
  'select',
  'exec',
  'multi',
]);

/** Everything that Redis is asked for during an examination. */
export class RedisAudit {
  count = 0;
  private readonly faults = new Set<string>();

  private constructor(
    private readonly redis: Redis,
    private readonly monitor: Redis,
    private readonly sides: readonly Side[],
  ) {
    monitor.on('monitor', (_time: string, [command = '', ...rest]: string[], source: string) => {
      if (source !== 'lua') this.hear(command.toLowerCase(), rest);
    });
  }

  /** Starts listening. @throws when Redis does not let it in time. */
  static async start(url: string, sides: readonly Side[]): Promise<RedisAudit> {
    const redis = new Redis(url);
    const monitor = redis.duplicate({ monitor: true });
    // A line that breaks is made anew: also the first one, where ioredis stumbles over commands that it is told of too early.
    for (const line of [redis, monitor]) line.on('error', () => undefined);
    await new Promise<void>((resolve, reject) => {
      const late = setTimeout(() => {
        for (const line of [redis, monitor]) line.disconnect();
        reject(new Error('Redis does not tell of its commands'));
      }, PATIENCE_MS);
      monitor.once('monitoring', () => {
        clearTimeout(late);
        resolve();
      });
    });
    return new RedisAudit(redis, monitor, sides);
  }

  async end(findings: Findings): Promise<void> {
    for await (const keys of this.redis.scanStream() as AsyncIterable<string[]>)
      keys.forEach(key => this.look(key));
    for (const fault of this.faults) findings.add('Redis', fault);
    this.monitor.disconnect();
    await this.redis.quit();
  }

  private hear(command: string, parameters: readonly string[]): void {
    this.count += 1;
    // A script names its keys behind their number.
    if (command.startsWith('eval'))
      parameters.slice(2, 2 + Number(parameters[1])).forEach(key => this.look(key));
    else if (!KEYLESS.has(command) && parameters[0] !== undefined) this.look(parameters[0]);
  }

  private look(key: string): void {
    if (this.sides.some(({ word }) => key.includes(word))) this.faults.add(`a key holds data: ${key}`);
    if (!KNOWN_KEY.test(key)) this.faults.add(`a key without its tenant: ${key}`);
  }
}
