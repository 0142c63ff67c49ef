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
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    const name = path.slice(folder.length + 1);
    const content =
      entry.isFile() && !name.endsWith('.wav') ? await readFile(path, 'utf8').catch(() => '') : '';
    const [place = ''] = name.split(sep);
    places[place] = `${places[place] ?? ''}${name} ${content}\n`;
  }
  return places;
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
