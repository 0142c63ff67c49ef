import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { RedisClients } from '../../src/redis/redis-clients.js';
import type { TestServer } from './server.js';
import { stored } from './stored.js';

/** Everything that a server keeps anywhere, as text: database, Redis, and the names of its recordings. */
export async function tracesOf(server: TestServer): Promise<Record<string, string>> {
  const database = Object.entries(await stored(server)).map(([name, rows]) => [name, rows.join('\n')]);
  const { commands } = server.app.get(RedisClients);
  const keys = await commands.keys('*');
  const values = await Promise.all(
    keys.map(key => commands.get(key).catch(async () => JSON.stringify(await commands.hgetall(key)))),
  );
  const files = await readdir(join(server.settings.DATA_DIR, 'recordings'), { recursive: true }).catch(
    (): string[] => [],
  );
  return {
    ...(Object.fromEntries(database) as Record<string, string>),
    redis: keys.map((key, index) => `${key} ${values[index] ?? ''}`).join('\n'),
    recordings: files.join('\n'),
  };
}

/** Where a text is found: `place: text` for each. */
export function findAll(traces: Readonly<Record<string, string>>, texts: readonly string[]): string[] {
  return Object.entries(traces).flatMap(([place, content]) =>
    texts.filter(text => content.includes(text)).map(text => `${place}: ${text}`),
  );
}
