import { describe, expect, it } from '@jest/globals';
import { WEAKENINGS, type Weakening } from './ground/weakenings.js';
import { runMatrix } from './matrix.js';

const PATIENCE_MS = 300_000;

/** What the checker finds in half a minute of kills on servers whose compiled code is weakened. */
async function flawsUnder(weakening: Weakening) {
  const { verdict } = await runMatrix(
    { seed: 7, minutes: 1, rows: ['R1'], isCi: true, output: null, weakening, keep: false, seconds: 15 },
    () => undefined,
  );
  const flaws = [...verdict.flaws.values()];
  return {
    lost: flaws.reduce((sum, { lost }) => sum + lost, 0),
    repeated: flaws.reduce((sum, { repeated }) => sum + repeated, 0),
  };
}

describe('the matrix, run on servers that are weakened on purpose', () => {
  it('knows three ways to weaken them', () => {
    expect(WEAKENINGS).toEqual(['no-replay', 'publish-before-commit', 'answer-before-commit']);
  });

  it(
    'finds lost events where nothing is replayed',
    async () => {
      expect((await flawsUnder('no-replay')).lost).toBeGreaterThan(0);
    },
    PATIENCE_MS,
  );

  it(
    'finds events that are told before they are true',
    async () => {
      const { lost, repeated } = await flawsUnder('publish-before-commit');
      expect(lost + repeated).toBeGreaterThan(0);
    },
    PATIENCE_MS,
  );

  it(
    'finds lost mutations where answers do not wait for the commit',
    async () => {
      expect((await flawsUnder('answer-before-commit')).lost).toBeGreaterThan(0);
    },
    PATIENCE_MS,
  );
});
