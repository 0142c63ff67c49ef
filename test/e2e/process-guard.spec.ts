import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { type ServerProcess, startServerProcess } from '../kit/process.js';
import { until } from '../kit/until.js';

/** Has the process meet a fault on SIGUSR2, as a library could cause it at any time. */
const withFault = (code: string) =>
  `--import=data:text/javascript,${encodeURIComponent(`process.on('SIGUSR2', () => { ${code} })`)}`;

const faultLines = (server: ServerProcess) =>
  server.lines().filter(line => line.includes('lost by a library') && line.includes('"level"'));

describe('A fault that no code has caught', () => {
  it.each([
    ['an error', 'Promise.reject(new Error("lost by a library"))'],
    ['a text', 'Promise.reject("lost by a library")'],
    ['an error, twice', 'for (const n of [1, 2]) Promise.reject(new Error("lost by a library " + n))'],
  ])(
    'leaves the process running when a promise is rejected with %s, is counted and told',
    async (name, code) => {
      const server = await startServerProcess({ NODE_OPTIONS: withFault(code) });
      try {
        const count = name.endsWith('twice') ? 2 : 1;
        server.signal('SIGUSR2');
        await until(async () => faultLines(server).length >= count, 'the line of the log');
        expect(JSON.parse(faultLines(server)[0] ?? '')).toMatchObject({
          level: 'error',
          context: 'Process',
          msg: expect.stringMatching(/^A rejected promise was not handled: lost by a library/),
        });
        const metrics = await (await fetch(`${server.url}/metrics`)).text();
        expect(metrics).toContain(`voho_uncaught_faults_total{kind="unhandled_rejection"} ${count}`);
        expect(await server.client().data('{ __typename }')).toEqual({ __typename: 'Query' });
      } finally {
        expect(await server.stop()).toBe(0);
      }
    },
  );

  it('ends the process when it is an exception, since its state may be half changed', async () => {
    const server = await startServerProcess({
      NODE_OPTIONS: withFault('setImmediate(() => { throw new Error("lost by a library") })'),
    });
    server.signal('SIGUSR2');
    expect(await Promise.race([server.ended, sleep(30_000, 'still running')])).toBe(1);
    expect(server.lines().join('\n')).toContain('An exception was not caught, so the process ends');
    await server.stop();
  });
});
