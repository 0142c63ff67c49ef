import { describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { identify, isAlive, signalProcess } from './process-identity.js';

describe('a process identity', () => {
  it('never lets a signal reach another process that has been given the same number', async () => {
    const child = spawn(process.execPath, ['-e', 'setInterval(() => undefined, 1000)']);
    await once(child, 'spawn');
    const known = await identify(child.pid ?? 0);
    if (known === null) throw new Error('the child is not found');
    const earlier = { ...known, started: 'before the restart' };

    expect(await isAlive(earlier)).toBe(false);
    await signalProcess(earlier, 'SIGKILL');
    expect(await isAlive(known)).toBe(true);

    const ended = once(child, 'exit');
    await signalProcess(known, 'SIGTERM');
    expect(await ended).toEqual([null, 'SIGTERM']);
    expect(await isAlive(known)).toBe(false);
  });
});
