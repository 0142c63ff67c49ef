import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { deal, inTurn, type Turns, turnsAfter, turnsOf } from './fair-turns.js';

const START: Turns = { now: 0, of: {} };

/** Serves `room` places again and again to tenants with so many calls each; returns who was served, in order. */
function serve(
  waiting: Record<string, number>,
  room: number,
  arrive: (served: number) => Record<string, number> = () => ({}),
) {
  const left = { ...waiting };
  const served: string[] = [];
  let turns = START;
  while (Object.values(left).some(count => count > 0)) {
    turns = turnsOf(
      turns,
      Object.keys(left).filter(tenant => (left[tenant] ?? 0) > 0),
    );
    const lines = inTurn(turns).map(tenant => ({
      tenant,
      calls: Array(left[tenant]).fill(tenant) as string[],
    }));
    const dealt = deal(lines, room).map(({ tenant }) => tenant);
    turns = turnsAfter(turns, dealt);
    for (const tenant of dealt) left[tenant] = (left[tenant] ?? 0) - 1;
    served.push(...dealt);
    for (const [tenant, count] of Object.entries(arrive(served.length)))
      left[tenant] = (left[tenant] ?? 0) + count;
  }
  return served;
}

describe('Turns', () => {
  it('go round, so that a long line does not delay a short one', () => {
    for (const room of [1, 2, 3, 7]) {
      const served = serve({ large: 5000, small: 5 }, room);
      expect(served.lastIndexOf('small')).toBeLessThan(10 + room);
    }
  });

  it('come to whoever is new before whoever was served last comes again', () => {
    const served = serve({ one: 10, two: 10 }, 1, count => (count === 4 ? { three: 1 } : {}));
    expect(served.indexOf('three')).toBeLessThanOrEqual(5);
  });

  it('are not gained by coming back often', () => {
    // One call at a time, a new one whenever the last has gone.
    const served = serve({ patient: 20, eager: 1 }, 1, count => (count < 40 ? { eager: 1 } : {}));
    const first = served.slice(0, 20);
    expect(first.filter(tenant => tenant === 'patient').length).toBeGreaterThanOrEqual(9);
  });

  it('are shared evenly, whatever the lines and the room: nobody is two behind another who is served as long', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string({ minLength: 1, maxLength: 3 }), fc.integer({ min: 1, max: 30 }), {
          minKeys: 1,
          maxKeys: 6,
        }),
        fc.integer({ min: 1, max: 9 }),
        (waiting, room) => {
          const served = serve(waiting, room);
          const counts: Record<string, number> = {};
          for (const tenant of served) {
            counts[tenant] = (counts[tenant] ?? 0) + 1;
            const unsatisfied = Object.keys(waiting).filter(
              name => (counts[name] ?? 0) < (waiting[name] ?? 0),
            );
            const least = Math.min(...unsatisfied.map(name => counts[name] ?? 0));
            if (unsatisfied.length > 0) expect(counts[tenant] - least).toBeLessThanOrEqual(1);
          }
          expect(served).toHaveLength(Object.values(waiting).reduce((sum, count) => sum + count, 0));
        },
      ),
    );
  });
});
