import { describe, expect, it } from '@jest/globals';
import { WEAKENINGS, type Weakening } from './ground/weakenings.js';
import { runMatrix } from './matrix.js';

const PATIENCE_MS = 300_000;

/** Kills may all miss the moments that matter: then there are others. */
const SEEDS = [7, 8, 9];

/** How often the checker finds one of these flaws in kills of servers whose compiled code is weakened. */
async function found(weakening: Weakening, ...kinds: readonly ('lost' | 'repeated')[]): Promise<number> {
  for (const seed of SEEDS) {
    const { verdict } = await runMatrix(
      { seed, minutes: 1, rows: ['R1'], isCi: true, output: null, weakening, keep: false, seconds: 15 },
      () => undefined,
    );
    const counts = [...verdict.flaws.values()].flatMap(flaws => kinds.map(kind => flaws[kind]));
    const sum = counts.reduce((one, other) => one + other, 0);
    if (sum > 0) return sum;
  }
  return 0;
}

describe('the matrix, run on servers that are weakened on purpose', () => {
  it('knows three ways to weaken them', () => {
    expect(WEAKENINGS).toEqual(['no-replay', 'publish-before-commit', 'answer-before-commit']);
  });

  it(
    'finds lost events where nothing is replayed',
    async () => {
      expect(await found('no-replay', 'lost')).toBeGreaterThan(0);
    },
    PATIENCE_MS,
  );

  it(
    'finds events that are told before they are true',
    async () => {
      expect(await found('publish-before-commit', 'lost', 'repeated')).toBeGreaterThan(0);
    },
    PATIENCE_MS,
  );

  it(
    'finds lost mutations where answers do not wait for the commit',
    async () => {
      expect(await found('answer-before-commit', 'lost')).toBeGreaterThan(0);
    },
    PATIENCE_MS,
  );
});
