import type { AuditLinkDocument } from './audit-chain.schema.js';
import { auditHash, GENESIS } from './audit-hash.js';
import type { AuditDocument } from './audit.schema.js';

/** How far a walk along a chain has got. */
export interface AuditWalk {
  /** The last link that is in order; 0 before the first. */
  readonly sequence: number;
  /** Its hash. */
  readonly hash: string;
  /** The first place that is not in order; null: none so far. */
  readonly brokenAt: number | null;
}

export const WALK_START: AuditWalk = { sequence: 0, hash: GENESIS, brokenAt: null };

/**
 * Walks on along a chain: each link must have the next sequence, and the hash that its row gives behind the hash
 * before it. Stops at the first that has not.
 * @param rows the links' rows by the hex digits of their ids; a row that is missing breaks its link.
 */
export function walkOn(
  walk: AuditWalk,
  links: readonly Pick<AuditLinkDocument, 'sequence' | 'auditId' | 'hash'>[],
  rows: ReadonlyMap<string, AuditDocument>,
): AuditWalk {
  let { sequence, hash } = walk;
  if (walk.brokenAt !== null) return walk;
  for (const link of links) {
    const next = sequence + 1;
    const row = rows.get(link.auditId.toHexString());
    if (link.sequence !== next || !row || auditHash(hash, row) !== link.hash) {
      return { sequence, hash, brokenAt: next };
    }
    sequence = next;
    hash = link.hash;
  }
  return { sequence, hash, brokenAt: null };
}
