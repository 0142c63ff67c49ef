import { gunzipSync } from 'node:zlib';
import type { Loose } from './client.js';

/** Fetches an archive and reads it, line by line. @throws when the link is refused or the archive is not whole. */
export async function fetchArchive(url: string): Promise<{ text: string; rows: Loose[] }> {
  const response = await fetch(url);
  if (response.status !== 200) throw new Error(`The archive was refused: ${response.status}`);
  const text = gunzipSync(Buffer.from(await response.arrayBuffer())).toString();
  const lines = text
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line));
  const end = lines.at(-1);
  if (end.type !== 'end' || end.rows !== lines.length - 2) throw new Error('The archive is not whole');
  return { text, rows: lines.slice(1, -1) };
}
