import { z } from 'zod';

const checkpoint = z.object({
  format: z.literal('voho-audit-checkpoint'),
  version: z.literal(1),
  tenantId: z.string(),
  sequence: z.number().int().min(0),
  hash: z.string(),
  at: z.string(),
  keyId: z.string(),
  signature: z.string(),
});

/** How far a tenant's audit log had got at a moment, signed. Kept elsewhere, it shows when the log's end is cut off. */
export type AuditCheckpoint = Readonly<z.infer<typeof checkpoint>>;

/** What is signed of a checkpoint. */
export const signedText = ({
  tenantId,
  sequence,
  hash,
  at,
}: Omit<AuditCheckpoint, 'keyId' | 'signature'>): string =>
  ['voho-audit-checkpoint', 1, tenantId, sequence, hash, at].join('\n');

/**
 * The checkpoints in a text: one per line, by itself or as `checkpoint` of a line of the server's log. Other lines are
 * passed over.
 */
export function readCheckpoints(text: string): AuditCheckpoint[] {
  return text.split('\n').flatMap(line => {
    const value = json(line);
    const found = checkpoint.safeParse((value as { checkpoint?: unknown } | null)?.checkpoint ?? value);
    return found.success ? [found.data] : [];
  });
}

function json(line: string): unknown {
  try {
    return JSON.parse(line) as unknown;
  } catch {
    return null;
  }
}
