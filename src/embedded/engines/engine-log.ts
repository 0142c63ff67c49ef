import { readFile } from 'node:fs/promises';
import { z } from 'zod';

const mongodLine = z.object({
  s: z.string(),
  msg: z.string(),
  attr: z.object({ error: z.union([z.string(), z.object({ errmsg: z.string() })]).optional() }).optional(),
});

const TELLING = /error|fail|fatal|abort|denied|in use|cannot|can't|could not|bad directive/i;

/** What an engine has written to its log since it was last emptied; empty where there is none. */
export function readLog(logFile: string): Promise<string> {
  return readFile(logFile, 'utf8').catch(() => '');
}

/**
 * The line of an engine's log that most likely tells why it ended: mongod's last error, else the last line that speaks
 * of a failure, else the last line. At most 300 characters.
 */
export function tellingLine(log: string): string {
  const lines = log.split('\n').filter(line => line.trim() !== '');
  const line =
    lines.map(mongodError).findLast(error => error !== null) ??
    lines.findLast(candidate => TELLING.test(candidate)) ??
    lines.at(-1) ??
    'its log is empty';
  return line.trim().slice(0, 300);
}

/** Whether the engine ended because its port was taken in the moment between choosing and using it. */
export function tellsTakenPort(log: string): boolean {
  return /address already in use/i.test(log);
}

/** mongod writes one JSON object per line; `E` and `F` mark errors. */
function mongodError(line: string): string | null {
  if (!line.startsWith('{')) return null;
  try {
    const { s, msg, attr } = mongodLine.parse(JSON.parse(line));
    if (s !== 'E' && s !== 'F') return null;
    const detail = typeof attr?.error === 'object' ? attr.error.errmsg : attr?.error;
    return detail === undefined ? msg : `${msg}: ${detail}`;
  } catch {
    return null;
  }
}
