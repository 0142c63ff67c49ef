import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ESLint } from 'eslint';
import { Schema } from 'mongoose';
import { IsolationError } from '../../src/errors/isolation-error.js';
import { newObjectId } from '../../src/mongo/object-id.js';
import { UnitOfWork } from '../../src/mongo/unit-of-work.js';
import { scopeStore } from '../../src/tenancy/scope-store.js';
import { NoTenantScopeError, TenantContext } from '../../src/tenancy/tenant-context.js';
import { TenantRunner } from '../../src/tenancy/tenant-runner.js';
import { jobScope, tenantScope } from '../../src/tenancy/tenant-scope.js';
import type { Loose } from '../kit/client.js';
import { CASES } from './isolation/cases.js';
import { type Declared, SCOPED } from './isolation/definitions.js';
import { type Database, type Ground, groundOf, openDatabase } from './isolation/ground.js';

describe('The doors around the tenant hooks', () => {
  const [subject] = SCOPED as readonly [Declared];
  let database: Database;
  let ground: Ground;

  beforeAll(async () => {
    database = await openDatabase();
    ground = await groundOf(database, subject);
  });
  afterAll(async () => {
    await database.close();
  });

  it.each(['aggregate', 'bulkWrite', 'watch', 'dropDatabase', 'dropCollection', 'useDb'])(
    'are closed on the connection: %s',
    async operation => {
      await expect(
        ground.asA(async () => (database.connection as Loose)[operation]([], {})),
      ).rejects.toBeInstanceOf(IsolationError);
      expect(await ground.look()).toEqual({ isTouched: false, isBroken: false });
    },
  );

  it('are closed on a discriminator of a tenant-owned model too', async () => {
    const name = `Base${newObjectId().toHexString()}`;
    const base = database.connection.model(name, subject.schema.clone(), name);
    const special = base.discriminator(`${name}Special`, new Schema({ extra: String }, { strict: 'throw' }));
    await expect(special.find().exec()).rejects.toBeInstanceOf(IsolationError);
    await expect(ground.asA(async () => special.find({ tenantId: ground.tenantB }))).rejects.toBeInstanceOf(
      IsolationError,
    );
    await expect(ground.asA(async () => special.create({ tenantId: ground.tenantB }))).rejects.toBeInstanceOf(
      IsolationError,
    );
  });

  it('roll a transaction back in which the hooks refuse something, whatever it has done before', async () => {
    const work = new UnitOfWork(database.connection);
    for (const refusal of CASES.filter(
      ({ outcome, name }) => outcome === 'refused' && REFUSALS.includes(name),
    )) {
      const attempt = ground.asA(() =>
        work.run(async () => {
          await ground.model.create([ground.fresh()], {});
          await ground.model.updateMany({}, ground.change);
          await refusal.run(ground, {});
        }),
      );
      await expect(attempt).rejects.toBeInstanceOf(IsolationError);
      expect(await ground.look()).toEqual({ isTouched: false, isBroken: false });
    }
  });

  it('stay closed inside a transaction', async () => {
    const work = new UnitOfWork(database.connection);
    const fault = await work.run(async () => {
      const seen = await ground.asA(async () => ground.model.find().lean());
      return seen.length === 2 && seen.every(row => ground.tenantA.equals(row.tenantId)) ? null : seen;
    });
    expect(fault).toBeNull();
  });
});

const REFUSALS = [
  'find with a filter that names the other tenant',
  'updateMany that moves a row by $set',
  'insertMany for both tenants',
  'aggregate with $out',
  'Model.watch',
];

/** What goes past every hook. The guard on the wire would refuse most of it; the linter keeps it from being written. */
const RAW_DOORS = [
  'model.collection.find({})',
  'connection.collection("users")',
  'connection.getClient()',
  'connection.useDb("other")',
  'model.bulkWrite([])',
  'model.find({}).$where("true")',
  'model.watch()',
  'connection.watch()',
  'model.find({}, null, { middleware: false })',
  'model.find({ $where: "true" })',
];

describe('The linter', () => {
  const root = fileURLToPath(new URL('../..', import.meta.url));

  it.each(['src/modules/users/raw.ts', 'src/modules/users/raw.repository.ts'])(
    'bans every raw door in %s',
    async file => {
      // Only the bans themselves: rules that need types would look the file up in the project.
      const [ours] = await Promise.all([new ESLint({ cwd: root }).calculateConfigForFile(file)]);
      const rules = Object.fromEntries(
        ['no-restricted-properties', 'no-restricted-syntax', '@typescript-eslint/no-restricted-imports'].map(
          rule => [rule, ours.rules[rule]],
        ),
      );
      const eslint = new ESLint({
        cwd: root,
        overrideConfigFile: true,
        overrideConfig: [
          {
            files: ['**/*.ts'],
            plugins: ours.plugins,
            languageOptions: { parser: ours.languageOptions.parser },
            rules,
          },
        ],
      });
      const open = [];
      for (const door of RAW_DOORS) {
        const [result] = await eslint.lintText(`export const door = ${door};\n`, { filePath: file });
        if (result?.errorCount !== 1) open.push([door, result?.messages]);
      }
      const [imports] = await eslint.lintText(
        "import mongoose from 'mongoose';\nexport const door = mongoose;\n",
        { filePath: file },
      );
      if (!file.endsWith('.repository.ts') && imports?.errorCount !== 1)
        open.push(['import mongoose', imports?.messages]);
      expect(open).toEqual([]);
    },
  );
});

describe('A tenant scope', () => {
  const runner = new TenantRunner();
  const context = new TenantContext();
  const [a, b] = [newObjectId(), newObjectId()];

  it('is the own one at every step of an iterator, on whoever’s tick it takes the step', async () => {
    const resolvers: (() => void)[] = [];
    async function* steps() {
      for (;;) {
        yield context.tenant.id.toHexString();
        await new Promise<void>(resolve => resolvers.push(resolve));
      }
    }
    const ofA = runner.iterate(jobScope(a, 'a'), steps());
    const heard = [await runner.run(jobScope(b, 'b'), () => ofA.next())];
    for (let step = 0; step < 3; step += 1) {
      const next = step === 0 ? ofA.next() : runner.run(jobScope(b, 'b'), () => ofA.next());
      // Somebody of the other tenant makes it go on, in his own scope.
      await runner.run(jobScope(b, 'b'), async () => {
        await new Promise(resolve => setImmediate(resolve));
        resolvers.shift()?.();
      });
      heard.push(await next);
      expect(() => context.tenant).toThrow(NoTenantScopeError);
    }
    expect(heard.map(({ value }) => value as string)).toEqual(Array(4).fill(a.toHexString()));
    let last: string | null = null;
    const ended = runner.iterate(jobScope(a, 'a'), {
      next: async () => ({ value: 1, done: false }),
      return: async () => {
        last = context.tenant.id.toHexString();
        return { value: undefined, done: true as const };
      },
    });
    await runner.run(jobScope(b, 'b'), async () => ended.return?.());
    expect(last).toBe(a.toHexString());
  });

  it('holds for everything that runs at the same time, each in its own', async () => {
    const ids = Array.from({ length: 50 }, () => newObjectId());
    const seen = await Promise.all(
      ids.map(id =>
        runner.run(jobScope(id, 'one of many'), async () => {
          await new Promise(resolve => setImmediate(resolve));
          await scopeStore.runAsSystem('work.claim', async () => undefined);
          return context.tenant.id;
        }),
      ),
    );
    expect(seen).toEqual(ids);
  });

  it('cannot be widened by whoever is handed it, also when he made it', () => {
    const loose = {
      ...jobScope(a, 'a'),
      tenant: { id: a, subdomain: 'a' },
      viewer: { kind: 'user', role: 'USER' } as Loose,
    };
    const scope = tenantScope(Object.freeze(loose));
    expect(Object.isFrozen(scope.tenant)).toBe(true);
    expect(Object.isFrozen(scope.viewer)).toBe(true);
    loose.tenant.id = b;
    loose.viewer.role = 'ADMIN';
    expect(scope).toMatchObject({ tenant: { id: a }, viewer: { role: 'USER' } });
  });
});
