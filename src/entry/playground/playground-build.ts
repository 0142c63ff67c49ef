import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

const fileName = z.string().regex(/^[\w.-]+$/);

const manifest = z.object({
  script: fileName,
  style: fileName,
  /** The page that links in mails lead to. */
  mailPage: z.object({ script: fileName, style: fileName }),
  favicon: fileName,
  files: z.array(fileName).transform(names => new Set(names)),
});

/** What the build of the browser code left: the files the page loads, and the names of all that may be served. */
export type PlaygroundBuild = Readonly<z.infer<typeof manifest>>;

/**
 * Reads the manifest of the built browser code below `directory`.
 * @returns null when there is none, or none that can be read: the page is a convenience and never stops the server.
 */
export function readPlaygroundBuild(directory: string): PlaygroundBuild | null {
  try {
    return manifest.parse(JSON.parse(readFileSync(join(directory, 'manifest.json'), 'utf8')));
  } catch {
    return null;
  }
}
