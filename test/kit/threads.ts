import { readdir, readFile } from 'node:fs/promises';

/** One thread of this process, as Linux tells. */
interface Thread {
  /** From -20, the highest priority, to 19. */
  readonly nice: number;
  /** Processor time that it has taken so far, in steps of ten. */
  readonly milliseconds: number;
}

/** The threads of this process by their ids; the main thread has the id of the process. Linux only. */
export async function threads(): Promise<Map<number, Thread>> {
  const found = new Map<number, Thread>();
  for (const id of await readdir('/proc/self/task')) {
    // One that has ended since is none.
    const line = await readFile(`/proc/self/task/${id}/stat`, 'utf8').catch(() => null);
    if (line === null) continue;
    // After the name, which may hold anything, comes the third field: fields 14 and 15 are times, 19 is the nice value.
    const fields = line
      .slice(line.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number);
    const [user = NaN, system = NaN, nice = NaN] = [fields[11], fields[12], fields[16]];
    found.set(Number(id), { nice, milliseconds: (user + system) * 10 });
  }
  return found;
}
