/**
 * Lets plain Node run the project's TypeScript sources: `node --import ./test/jest/register.mjs src/main.ts`. Used for
 * Jest's global setup, which runs outside of Jest's own module system, and by tests that start whole server processes.
 */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { transform } from '@swc/core';
import { swcOptions } from './swc.mjs';

/** Sources import `./x.js`, the name tsc gives the file; here it is still `./x.ts`. */
export async function resolve(specifier, context, nextResolve) {
  const isSourceImport = /^\.{1,2}\/.*\.js$/.test(specifier) && /\.ts$/.test(context.parentURL ?? '');
  if (!isSourceImport) return nextResolve(specifier, context);
  try {
    return await nextResolve(specifier.replace(/\.js$/, '.ts'), context);
  } catch (error) {
    if (error?.code !== 'ERR_MODULE_NOT_FOUND') throw error;
    return nextResolve(specifier, context);
  }
}

export async function load(url, context, nextLoad) {
  if (!url.startsWith('file:') || !url.endsWith('.ts')) return nextLoad(url, context);
  const filename = fileURLToPath(url);
  const { code } = await transform(await readFile(filename, 'utf8'), { ...swcOptions, filename });
  return { format: 'module', source: code, shortCircuit: true };
}
