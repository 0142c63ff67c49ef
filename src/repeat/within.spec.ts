import { once } from 'node:events';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from '@jest/globals';
import { within } from './within.js';

/** Work without an end of its own. */
const endless = async (signal: AbortSignal) => {
  await once(signal, 'abort');
  throw signal.reason;
};

describe('within', () => {
  it('gives what the work gives', async () => {
    expect(await within(60_000, new AbortController().signal, () => Promise.resolve(7))).toBe(7);
  });

  it('ends work that takes too long, whatever the garbage collector takes away meanwhile', async () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const outer = new AbortController();
    const late = Array.from({ length: 20 }, () => within(50, outer.signal, endless));
    const ends = Promise.allSettled(late);
    collect();
    for (const end of await ends)
      expect(end).toMatchObject({ status: 'rejected', reason: { name: 'TimeoutError' } });
  });

  it('ends it with the outer signal, for its reason', async () => {
    const outer = new AbortController();
    const ends = expect(within(60_000, outer.signal, endless)).rejects.toThrow('The server stops');
    outer.abort(new Error('The server stops'));
    await ends;
  });
});
