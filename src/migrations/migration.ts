/**
 * The names of all migrations, in the order in which they are applied. A name is never changed, moved or removed once it
 * has been released: it is how a database knows what has been done to it. New ones go to the end.
 */
export const MIGRATION_NAMES = ['2026-12 search terms'] as const satisfies readonly string[];

/** A change of what is stored, applied once to each database before a server of this version listens. */
export interface Migration {
  /** One of {@link MIGRATION_NAMES}. */
  readonly name: string;
  /** What it changes, as a sentence for the log. */
  readonly description: string;
  /**
   * Changes what is stored, in batches that are bounded in size. It may be killed at any point and is then run again from
   * its start, perhaps by another process, so each batch must be harmless to repeat. Servers of the version before may
   * read and write meanwhile. It runs outside every tenant: a tenant's data is reached through TenantRunner.
   * @param signal aborts when the lock is lost or the process stops; nothing may be written after that.
   */
  apply(signal: AbortSignal): Promise<void>;
}
