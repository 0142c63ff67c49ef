import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { conversationScriptSchema, type ConversationScript } from './conversation-script.js';
import { faultSchema, type Fault } from './faults.js';

const FILE_NAMES = /\.(ya?ml|json)$/;

/**
 * Reads conversations from files in YAML or JSON, each with one or a list of them, or from all such files of a folder.
 * Throws an Error that names the file and what is wrong in it.
 */
export async function readConversations(paths: readonly string[]): Promise<ConversationScript[]> {
  const scripts: ConversationScript[] = [];
  for (const path of paths) {
    for (const file of await filesOf(path)) scripts.push(...(await read(file, conversationScriptSchema)));
  }
  const names = scripts.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new Error(`Two conversations have the name "${twice}".`);
  return scripts;
}

/** Reads the faults of a file in YAML or JSON. Throws an Error that names the file and what is wrong in it. */
export function readFaults(path: string): Promise<Fault[]> {
  return read(path, faultSchema);
}

async function filesOf(path: string): Promise<string[]> {
  if (!(await stat(path)).isDirectory()) return [path];
  const names = await readdir(path);
  return names
    .filter(name => FILE_NAMES.test(name))
    .sort()
    .map(name => join(path, name));
}

async function read<T extends z.ZodType>(path: string, schema: T): Promise<z.output<T>[]> {
  const content: unknown = parse(await readFile(path, 'utf8'));
  const parsed = z.array(schema).safeParse(Array.isArray(content) ? content : [content]);
  if (!parsed.success) throw new Error(`${path}: ${z.prettifyError(parsed.error)}`);
  return parsed.data;
}
