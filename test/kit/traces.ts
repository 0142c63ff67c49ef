import type { Dirent } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join, sep } from 'node:path';
import type { Redis } from 'ioredis';
import mongoose from 'mongoose';
import { collectionDefinitions } from '../../src/mongo/model-provider.js';
import { RedisClients } from '../../src/redis/redis-clients.js';
import type { TestServer } from './server.js';
import { stored } from './stored.js';

/**
 * Everything that a server keeps anywhere, as text: a place for each collection, for Redis, and for each folder of
 * DATA_DIR, with its files by name and content.
 */
export async function tracesOf(server: TestServer): Promise<Record<string, string>> {
  const database = Object.entries(await stored(server)).map(([name, rows]) => [name, rows.join('\n')]);
  return {
    ...(Object.fromEntries(database) as Record<string, string>),
    ...(await filesOf(server.settings.DATA_DIR)),
    redis: await redisOf(server.app.get(RedisClients).commands),
  };
}

/** Where a text is found: `place: text` for each. */
export function findAll(traces: Readonly<Record<string, string>>, texts: readonly string[]): string[] {
  return Object.entries(traces).flatMap(([place, content]) =>
    texts.filter(text => content.includes(text)).map(text => `${place}: ${text}`),
  );
}

/** Sees to it that every collection with rows of tenants has one of this tenant, whatever has come since this was written. */
export async function plantRows({ db }: TestServer, tenantHex: string): Promise<string[]> {
  const tenantId = new mongoose.Types.ObjectId(tenantHex);
  const owned = collectionDefinitions().filter(({ schema }) => 'tenantId' in schema.paths);
  for (const { collection } of owned) {
    const isTransient = ['jobs', 'outbox', 'places'].includes(collection);
    if (!isTransient && (await db.collection(collection).findOne({ tenantId }))) continue;
    await db.collection(collection).insertOne({ tenantId }, { bypassDocumentValidation: true });
  }
  return owned.map(({ collection }) => collection);
}

/** Sound is told by its name alone. */
async function filesOf(folder: string): Promise<Record<string, string>> {
  const places: Record<string, string> = {};
  for (const [path, entry] of await entriesOf(folder)) {
    const name = path.slice(folder.length + 1);
    const content =
      entry.isFile() && !name.endsWith('.wav') ? await readFile(path, 'utf8').catch(() => '') : '';
    const [place = ''] = name.split(sep);
    places[place] = `${places[place] ?? ''}${name} ${content}\n`;
  }
  return places;
}

/**
 * Everything below a folder. What goes while it is looked at is left out: Node's own recursive look fails with ENOENT on a
 * folder that it has seen and that is removed before it looks inside.
 */
async function entriesOf(folder: string): Promise<[string, Dirent][]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  });
  const found: [string, Dirent][] = [];
  for (const entry of entries) {
    const path = join(folder, entry.name);
    found.push([path, entry]);
    if (entry.isDirectory()) found.push(...(await entriesOf(path)));
  }
  return found;
}

async function redisOf(commands: Redis): Promise<string> {
  const read = async (key: string): Promise<unknown> => {
    switch (await commands.type(key)) {
      case 'string':
        return commands.get(key);
      case 'hash':
        return commands.hgetall(key);
      case 'list':
        return commands.lrange(key, 0, -1);
      case 'set':
        return commands.smembers(key);
      case 'zset':
        return commands.zrange(key, '0', '-1');
      case 'stream':
        return commands.xrange(key, '-', '+');
      default:
        return null;
    }
  };
  const keys = await commands.keys('*');
  const values = await Promise.all(keys.map(read));
  return keys.map((key, index) => `${key} ${JSON.stringify(values[index])}`).join('\n');
}
