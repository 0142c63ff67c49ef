import { execFile } from 'node:child_process';
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { findOnPath } from '../../../src/embedded/engines/find-on-path.js';
import type { FaultRow } from './world.js';

const JUMPS = ['+10m', '-10m', '+1d', '-1d'] as const;

/** R6: the clock of one server jumps while it runs; timers go on as they were. */
export const clockJumps: FaultRow = {
  id: 'R6',
  title: 'Clock of one server jumps by ±10 min and ±1 day (`faketime`)',
  weight: 1,
  leastSeconds: 20,
  async reasonNotToRun() {
    return (await findOnPath('faketime', process.env)) === null ? '`faketime` is not installed' : null;
  },
  async run({ ground, journal, random }, until) {
    const server = ground.servers[1];
    if (!server) throw new Error('There is no second server');
    const library = await preload();
    const file = join(ground.folder, 'clock');
    const jump = async (offset: string) => {
      await writeFile(`${file}.next`, `${offset}\n`);
      await rename(`${file}.next`, file);
    };
    await jump('+0');
    server.extraEnv = {
      LD_PRELOAD: library,
      FAKETIME_TIMESTAMP_FILE: file,
      FAKETIME_NO_CACHE: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
      DONT_FAKE_MONOTONIC: '1',
    };
    await server.kill();
    await server.untilReady();
    const pauseMs = Math.max(3000, (until - Date.now()) / JUMPS.length);
    const first = random.next() < 0.5 ? JUMPS : [...JUMPS].reverse();
    for (const offset of first) {
      journal.current.times += 1;
      await jump(offset);
      await sleep(pauseMs);
      if ((await server.health('live')) !== 200)
        journal.violation(`${server.name} does not live at ${offset}`);
    }
    await jump('+0');
    await sleep(1000);
    server.extraEnv = {};
    await server.kill();
    await server.untilReady();
  },
};

/** What `faketime` itself preloads. */
async function preload(): Promise<string> {
  const { stdout } = await promisify(execFile)('faketime', ['-f', '+0', 'env']);
  const library = /^LD_PRELOAD=(.*)$/m.exec(stdout)?.[1];
  if (library === undefined) throw new Error('faketime does not tell its library');
  return library;
}
