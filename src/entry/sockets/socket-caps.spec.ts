import { describe, expect, it } from '@jest/globals';
import { SocketCaps } from './socket-caps.js';

describe('SocketCaps', () => {
  it('S48 lets in as many per key as the cap says, and one more for each that has left', () => {
    const caps = new SocketCaps();
    const leave = caps.enter('a', 2);
    expect([caps.enter('a', 2), caps.enter('a', 2), caps.enter('b', 2)]).toEqual([
      expect.any(Function),
      null,
      expect.any(Function),
    ]);
    leave?.();
    expect(caps.enter('a', 2)).not.toBeNull();
  });

  it('counts somebody out once, however often it is told', () => {
    const caps = new SocketCaps();
    const leave = caps.enter('a', 1);
    leave?.();
    caps.enter('a', 1);
    leave?.();
    expect(caps.enter('a', 1)).toBeNull();
  });
});
