import { z } from 'zod';
import { documentHash } from '../graphql/documents.js';

/** What Apollo's generate-persisted-query-manifest writes. */
const apolloManifest = z.object({
  format: z.literal('apollo-persisted-query-manifest'),
  version: z.literal(1),
  operations: z.array(z.object({ id: z.string(), body: z.string() })),
});
/** What GraphQL Code Generator and the Relay compiler write: documents by their hashes. */
const plainMap = z.record(z.string(), z.string());

/**
 * Reads a list of persisted operations, in either form, as documents by their SHA-256.
 * @throws Error in a sentence for the operator: of another form, or with an id that is not its document's SHA-256.
 */
export function readManifest(json: string): ReadonlyMap<string, string> {
  const operations = new Map<string, string>();
  for (const [id, body] of entriesOf(parsed(json))) {
    const hash = documentHash(body);
    if (id.replace(/^sha256:/, '') !== hash)
      throw new Error(`the id "${id.slice(0, 80)}" is not the SHA-256 of its document`);
    operations.set(hash, body);
  }
  return operations;
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json) as unknown;
  } catch {
    throw new Error('it is not valid JSON');
  }
}

function entriesOf(value: unknown): [id: string, body: string][] {
  const manifest = apolloManifest.safeParse(value);
  if (manifest.success) return manifest.data.operations.map(({ id, body }) => [id, body]);
  const map = plainMap.safeParse(value);
  if (map.success) return Object.entries(map.data);
  throw new Error(
    'it is neither a manifest of Apollo, version 1, nor an object of documents by their hashes',
  );
}
