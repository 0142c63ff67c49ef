import { describe, expect, it } from '@jest/globals';
import type { Algorithm } from '@node-rs/argon2';
import { threads } from '../../test/kit/threads.js';
import { Metrics } from '../telemetry/metrics.js';
import { AT_ONCE, PasswordThreads } from './password-threads.js';

const parameters = { algorithm: 2 as Algorithm, memoryCost: 19_456, timeCost: 2, parallelism: 1 };
const CHECKS = 20;
const onLinux = process.platform === 'linux' ? it : it.skip;

/** The threads whose priority is lower than the main thread's. */
async function lower(): ReturnType<typeof threads> {
  const all = await threads();
  const nice = all.get(process.pid)?.nice ?? NaN;
  return new Map([...all].filter(([, thread]) => thread.nice > nice));
}

describe('PasswordThreads', () => {
  onLinux(
    'hash and check in threads of lower priority than the main one, which end with the server',
    async () => {
      const before = await lower();
      const own = new PasswordThreads(new Metrics());
      const many = <T>(work: () => Promise<T>) => Promise.all(Array.from({ length: CHECKS }, work));
      const hashed = await many(() => own.run('hash', { password: 'right', parameters }));
      const first = await lower();
      const [against = ''] = hashed;
      expect(await many(() => own.run('verify', { password: 'right', against }))).not.toContain(false);
      const second = await lower();
      expect(await own.run('verify', { password: 'wrong', against })).toBe(false);
      await own.onApplicationShutdown();

      const started = [...second.keys()].filter(id => !before.has(id));
      expect(started.length).toBeGreaterThan(0);
      expect(started.length).toBeLessThanOrEqual(AT_ONCE);
      const time = (at: typeof first) =>
        started.reduce((sum, id) => sum + (at.get(id)?.milliseconds ?? 0), 0);
      // Far less than argon2 takes, and the time of these threads alone.
      expect(time(second) - time(first)).toBeGreaterThan(2 * CHECKS);
      expect(new Set(hashed).size).toBe(CHECKS);
      const left = await lower();
      expect(started.filter(id => left.has(id))).toEqual([]);
    },
  );
});
