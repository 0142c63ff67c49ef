import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import type { ObjectId } from '../mongo/object-id.js';
import { type Migration, MIGRATION_NAMES } from './migration.js';
import { LOCK_MS, MigrationStore } from './migration-store.js';

/** How often a process that waits for the lock asks for it. */
const ASK_EVERY_MS = 250;

/** Applies the migrations that a database has not had, in order, before the server listens. */
@Injectable()
export class MigrationRunner implements OnApplicationShutdown {
  private readonly logger = new Logger('Migrations');
  private readonly migrations = new Map<string, Migration>();
  private readonly stopping = new AbortController();

  constructor(private readonly store: MigrationStore) {}

  /** Says who applies a migration; its module does this once at start. @throws Error for a second one of a name. */
  register(migration: Migration): void {
    const { name } = migration;
    if (this.migrations.has(name)) throw new Error(`The migration ${name} is registered twice`);
    this.migrations.set(name, migration);
  }

  /**
   * Returns once all migrations have been applied, by this process or by another one. Migrations of a newer version that
   * the database has had are left alone.
   * @param names the list, in order.
   * @throws Error when the list and what is registered differ, and what a migration throws: the server then does not
   * start, and the next start tries again.
   */
  async applyAll(names: readonly string[] = MIGRATION_NAMES): Promise<void> {
    const unlisted = [...this.migrations.keys()].filter(name => !names.includes(name));
    if (unlisted.length > 0) throw new Error(`MIGRATION_NAMES lacks ${unlisted.join(', ')}`);
    const migrations = names.map(name => {
      const migration = this.migrations.get(name);
      if (!migration) throw new Error(`No module applies the migration ${name}`);
      return migration;
    });
    while ((await this.pending(migrations)).length > 0) {
      this.stopping.signal.throwIfAborted();
      const leaseId = await this.store.lock();
      if (leaseId) await this.applyPending(migrations, leaseId);
      else await sleep(ASK_EVERY_MS);
    }
  }

  onApplicationShutdown(): void {
    this.stopping.abort(new Error('The server stops'));
  }

  private async pending(migrations: readonly Migration[]): Promise<Migration[]> {
    if (migrations.length === 0) return [];
    const applied = await this.store.applied();
    return migrations.filter(({ name }) => !applied.has(name));
  }

  private async applyPending(migrations: readonly Migration[], leaseId: ObjectId): Promise<void> {
    const lost = new AbortController();
    const renewal = setInterval(() => {
      this.store.renew(leaseId).then(
        isOurs => {
          if (!isOurs) lost.abort(new Error('Another process has taken the lock of the migrations'));
        },
        () => undefined,
      );
    }, LOCK_MS / 3);
    const signal = AbortSignal.any([lost.signal, this.stopping.signal]);
    try {
      // Asked again under the lock: the process that had it before may have applied some.
      for (const migration of await this.pending(migrations)) {
        signal.throwIfAborted();
        this.logger.log(`Applying ${migration.name}: ${migration.description}`);
        await migration.apply(signal);
        signal.throwIfAborted();
        await this.store.record(migration.name);
      }
    } finally {
      clearInterval(renewal);
      await this.store.unlock(leaseId).catch(() => undefined);
    }
  }
}
