import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { scopeStore } from '../../src/tenancy/scope-store.js';
import { jobScope } from '../../src/tenancy/tenant-scope.js';
import { type Case, faultOf, OPTION_SETS } from './isolation/case.js';
import { CASES } from './isolation/cases.js';
import { RAW_CASES } from './isolation/raw-cases.js';
import { ALL, SCOPED, SYSTEM } from './isolation/definitions.js';
import { type Database, type Ground, groundOf, openDatabase } from './isolation/ground.js';

/** Scopes in which nothing of a tenant may be reached at all. */
const OUTSIDE: Readonly<Record<string, (ground: Ground, work: () => Promise<unknown>) => Promise<unknown>>> =
  {
    'outside of any scope': (_ground, work) => work(),
    'in a scope without a tenant': ({ tenantA }, work) =>
      scopeStore.runInScope({ ...jobScope(tenantA, 'nobody'), tenant: null }, work),
    'during system access': (_ground, work) => scopeStore.runAsSystem('work.claim', work),
    'during system access inside a tenant': ({ asA }, work) =>
      asA(() => scopeStore.runAsSystem('work.claim', work)),
    'lazily, after the scope has ended': async ({ asA }, work) => (await asA(async () => ({ work }))).work(),
  };

describe('Tenant isolation in the database', () => {
  let database: Database;

  beforeAll(async () => {
    database = await openDatabase();
    // Joins to any of them must be known to lead to tenant-owned data.
    for (const { model, schema, collection } of ALL) database.connection.model(model, schema, collection);
  });
  afterAll(async () => {
    await database.close();
  });

  it('covers every collection', () => {
    expect(SCOPED.length).toBeGreaterThan(10);
    expect(SCOPED.length + SYSTEM.length).toBe(ALL.length);
  });

  describe.each(SCOPED)('of $model', definition => {
    // All models share one plugin: the rarer spelling is tried with one of them.
    const optionSets = definition === SCOPED[0] ? OPTION_SETS : OPTION_SETS.slice(0, 2);
    let ground: Ground;

    beforeAll(async () => {
      ground = await groundOf(database, definition);
    });

    it.each([...CASES, ...RAW_CASES])('$name is $outcome', async subject => {
      for (const options of subject.plain ? [{}] : optionSets) {
        const fault = await faultOf(ground, subject, options);
        expect(fault && [options, fault]).toBeNull();
      }
    });

    it.each(Object.keys(OUTSIDE))('is closed to every operation %s', async where => {
      const open: string[] = [];
      // A raw door knows nothing of models: it is tried with one of them.
      const cases = definition === SCOPED[0] ? [...CASES, ...RAW_CASES] : CASES;
      for (const subject of cases) if (await works(ground, subject, where)) open.push(subject.name);
      expect(open).toEqual([]);
      expect(await ground.look()).toEqual({ isTouched: false, isBroken: false });
    });
  });
});

async function works(ground: Ground, subject: Case, where: string): Promise<boolean> {
  try {
    await OUTSIDE[where]?.(ground, async () => subject.run(ground, { middleware: false }));
    return true;
  } catch {
    return false;
  }
}
