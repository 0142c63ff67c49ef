import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import type { Migration } from '../../migrations/migration.js';
import { MigrationRunner } from '../../migrations/migration-runner.js';
import { StoreClock } from '../../mongo/store-clock.js';
import type { ObjectId } from '../../mongo/object-id.js';
import { TenantDirectory } from '../../tenancy/tenant-directory.js';
import { TenantRunner } from '../../tenancy/tenant-runner.js';
import { jobScope } from '../../tenancy/tenant-scope.js';
import type { CallDocument } from './call.schema.js';
import { CallsRepository } from './calls.repository.js';
import { storedTerms } from './search-terms.js';
import { UtterancesRepository } from './utterances.repository.js';

/** Calls that are read in one go; their transcripts are read one by one. */
const BATCH = 100;
/** How often a call is tried that changes while its terms are made. */
const MOST_TRIES = 3;
/** How long after a start the servers of the version before are stopped, in a usual roll-out. */
const ROLL_OUT_MS = 5 * 60_000;
/** Calls that servers of the version before may have ended while this version was rolled out. */
const RECENT_MS = 7 * 86_400_000;

/**
 * Makes the search terms of calls anew that another tokenizer has made: of all calls once, as a migration, and of the
 * last week's in the background of each start, since a server of the version before stores its own words while a new
 * version is rolled out. Until then such a call is found by plain words of Latin letters, and by others perhaps not.
 */
@Injectable()
export class RenewSearchTerms implements Migration, OnApplicationBootstrap, OnApplicationShutdown {
  readonly name = '2026-12 search terms';
  readonly description = 'Search terms of all calls are made anew by the tokenizer for all writings.';
  private readonly logger = new Logger('Search');
  private readonly stopping = new AbortController();

  constructor(
    private readonly calls: CallsRepository,
    private readonly utterances: UtterancesRepository,
    private readonly tenants: TenantDirectory,
    private readonly runner: TenantRunner,
    private readonly clock: StoreClock,
    migrations: MigrationRunner,
  ) {
    migrations.register(this);
  }

  /** Safe to repeat and to break off: a call is changed in one command, and one that is done is not read again. */
  async apply(signal: AbortSignal): Promise<void> {
    await this.renew(null, signal);
  }

  /** The same for calls that have had an event in the last week. @returns how many were changed. */
  async renewRecent(signal: AbortSignal): Promise<number> {
    return this.renew(new Date(this.clock.now().getTime() - RECENT_MS), signal);
  }

  onApplicationBootstrap(): void {
    const { signal } = this.stopping;
    sleep(ROLL_OUT_MS, undefined, { ref: false, signal })
      .then(() => this.renewRecent(signal))
      .catch((error: unknown) => {
        if (!signal.aborted) this.logger.warn(`Recent calls were not looked through: ${String(error)}`);
      });
  }

  onApplicationShutdown(): void {
    this.stopping.abort(new Error('The server stops'));
  }

  private async renew(since: Date | null, signal: AbortSignal): Promise<number> {
    let changed = 0;
    for (const { _id: id } of await this.tenants.list()) {
      const scope = jobScope(id, 'search terms');
      let after: ObjectId | null = null;
      do {
        const batch = await this.runner.run(scope, () => this.calls.withOtherTerms(after, since, BATCH));
        for (const call of batch) {
          signal.throwIfAborted();
          if (await this.runner.run(scope, () => this.renewOne(call))) changed += 1;
        }
        after = batch.length === BATCH ? (batch.at(-1)?._id ?? null) : null;
      } while (after);
    }
    return changed;
  }

  /** False when the call keeps changing: whatever ends it makes its terms from its whole transcript. */
  private async renewOne(read: CallDocument): Promise<boolean> {
    let call: CallDocument | null = read;
    for (let tries = 0; call && !call.deletedAt && !call.erasedAt && tries < MOST_TRIES; tries += 1) {
      const terms = storedTerms(call.summary ?? '', ...(await this.utterances.textsOf(call._id)));
      if (await this.calls.replaceTerms(call, terms)) return true;
      call = await this.calls.findById(call._id);
    }
    return false;
  }
}
