import { setTimeout as sleep } from 'node:timers/promises';
import { Inject, Injectable, Logger } from '@nestjs/common';
import { z } from 'zod';
import { databaseOf } from '../../config/mongodb-database.js';
import { SETTINGS, type Settings } from '../../config/settings.js';
import { RecordingStore } from '../../recordings/recording-store.js';
import { furthest, type HeadNotes } from './head-notes.js';

const place = z.object({ epoch: z.number(), position: z.number() });
const file = z.object({
  version: z.literal(1),
  heads: z.record(
    z.string(),
    z.object({ calls: place.optional(), audit: place.optional() }).transform(known => known as HeadNotes),
  ),
});

/** How long the store may take. In milliseconds. */
const PATIENCE_MS = 5000;

/** Notes of tenants by the hex digits of their ids. */
export type NotesByTenant = ReadonlyMap<string, HeadNotes>;

/**
 * Notes beside the recordings how far streams have got, in one small object for all tenants: it outlives an emptied
 * Redis. Of tenants it holds nothing but their ids.
 */
@Injectable()
export class StoredHeadNotes {
  private readonly logger = new Logger('Restores');
  private readonly name: string;

  constructor(
    private readonly store: RecordingStore,
    @Inject(SETTINGS) settings: Settings,
  ) {
    this.name = `stream-heads.${databaseOf(settings.MONGODB_URI)}.json`;
  }

  /** What is noted; nothing of an object that cannot be understood. @throws while the store is away. */
  async read(): Promise<NotesByTenant> {
    const text = await inTime(this.store.readNote(this.name));
    if (text === null) return new Map();
    const parsed = file.safeParse(jsonOf(text));
    if (parsed.success) return new Map(Object.entries(parsed.data.heads));
    this.logger.error(`${this.name} beside the recordings cannot be understood and is written anew`);
    return new Map();
  }

  /**
   * Adds notes to those that are there; of each stream the furthest stays. Two processes at once may lose each other's
   * notes, which the next time brings back.
   * @param isKept says whose notes stay. @throws while the store is away.
   */
  async add(notes: NotesByTenant, isKept: (tenant: string) => boolean): Promise<void> {
    const present = await this.read();
    const merged = new Map(present);
    for (const [tenant, own] of notes) merged.set(tenant, furthest(merged.get(tenant) ?? {}, own));
    for (const tenant of [...merged.keys()]) if (!isKept(tenant)) merged.delete(tenant);
    if (textOf(merged) !== textOf(present)) await inTime(this.store.writeNote(this.name, textOf(merged)));
  }
}

/** @throws after five seconds: neither a start nor a stop may wait longer for a store that is away. */
async function inTime<T>(answer: Promise<T>): Promise<T> {
  const done = new AbortController();
  const late = sleep(PATIENCE_MS, undefined, { signal: done.signal }).then(() => {
    throw new Error('The store of the recordings does not answer');
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    done.abort();
    late.catch(() => undefined);
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function textOf(notes: NotesByTenant): string {
  const heads = Object.fromEntries(
    [...notes]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([tenant, { calls, audit }]) => [tenant, { ...(calls && { calls }), ...(audit && { audit }) }]),
  );
  return JSON.stringify({ version: 1, heads });
}
