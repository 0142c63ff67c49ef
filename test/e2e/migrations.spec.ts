import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Migration } from '../../src/migrations/migration.js';
import { MigrationRunner } from '../../src/migrations/migration-runner.js';
import { MigrationStore } from '../../src/migrations/migration-store.js';
import { startTestServer, type TestServer } from '../kit/server.js';
import { until } from '../kit/until.js';

describe('Migrations', () => {
  let server: TestServer;

  beforeAll(async () => {
    server = await startTestServer();
  });
  afterAll(() => server.stop());

  const runnerOf = (migrations: readonly Migration[]): MigrationRunner => {
    const runner = new MigrationRunner(server.app.get(MigrationStore, { strict: false }));
    for (const migration of migrations) runner.register(migration);
    return runner;
  };
  const migration = (name: string, apply: Migration['apply']): Migration => ({
    name,
    description: 'A change that this test makes.',
    apply,
  });
  const recorded = async (...names: string[]): Promise<unknown[]> => {
    const rows = await server.db
      .collection('migrations')
      .find({ name: { $in: names } })
      .sort({ appliedAt: 1 })
      .toArray();
    return rows.map(row => row['name'] as unknown);
  };

  it('are applied once each and in order, by whichever of several processes has the lock', async () => {
    const names = ['b-first', 'a-second', 'c-third'];
    const done: string[] = [];
    const runners = [1, 2, 3].map(() =>
      runnerOf(
        names.toReversed().map(name =>
          migration(name, async () => {
            await new Promise(resolve => setTimeout(resolve, 20));
            done.push(name);
          }),
        ),
      ),
    );
    await Promise.all(runners.map(runner => runner.applyAll(names)));
    expect(done).toEqual(names);
    expect(await recorded(...names)).toEqual(names);
    await runnerOf([migration('b-first', () => Promise.reject(new Error('again')))]).applyAll(['b-first']);
  });

  it('stop the start when one fails, and are tried again with the next start', async () => {
    const names = ['failing', 'behind'];
    const done: string[] = [];
    const behind = migration('behind', () => Promise.resolve(void done.push('behind')));
    const failing = runnerOf([migration('failing', () => Promise.reject(new Error('no room'))), behind]);
    await expect(failing.applyAll(names)).rejects.toThrow('no room');
    expect(await recorded(...names)).toEqual([]);
    const mended = migration('failing', () => Promise.resolve(void done.push('failing')));
    await runnerOf([mended, behind]).applyAll(names);
    expect(done).toEqual(names);
  });

  it('are taken over from a process that died in the middle, once its lock has run out', async () => {
    const store = server.app.get(MigrationStore, { strict: false });
    expect(await store.lock()).not.toBeNull();
    let isDone = false;
    const waiting = runnerOf([migration('taken-over', () => Promise.resolve(void (isDone = true)))]);
    const applied = waiting.applyAll(['taken-over']);
    expect(await store.lock()).toBeNull();
    expect(isDone).toBe(false);
    await server.db
      .collection('migrations')
      .updateOne({ name: 'lock' }, { $set: { leasedUntil: new Date(0) } });
    await applied;
    expect(isDone).toBe(true);
  });

  it('hear when another process has taken the lock, and do not count as applied then', async () => {
    const cut = migration('cut', async signal => {
      await server.db.collection('migrations').updateOne({ name: 'lock' }, { $set: { leaseId: null } });
      await until(() => Promise.resolve(signal.aborted), 'the signal to abort');
    });
    await expect(runnerOf([cut]).applyAll(['cut'])).rejects.toThrow('taken the lock');
    expect(await recorded('cut')).toEqual([]);
  });

  it('are refused when the list and the modules do not agree', async () => {
    const one = migration('one', () => Promise.resolve());
    await expect(runnerOf([one]).applyAll([])).rejects.toThrow('MIGRATION_NAMES lacks one');
    await expect(runnerOf([]).applyAll(['one'])).rejects.toThrow('No module applies the migration one');
    expect(() => runnerOf([one, one])).toThrow('registered twice');
  });
});
