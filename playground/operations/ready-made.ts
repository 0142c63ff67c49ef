import type { IdKind } from '../known-ids.js';

/** An operation a newcomer can open and run as it is. */
export interface ReadyMade {
  /** The operation's name in `query`, by which an open tab is found again. */
  readonly name: string;
  /** What it is for, in a few words. */
  readonly about: string;
  readonly query: string;
  /** Example variables; {@link idPlaceholder} stands where an id of an earlier answer belongs. */
  readonly variables?: Readonly<Record<string, unknown>>;
}

/** The ready-made operations of one part of the API. */
export interface ReadyMadeModule {
  readonly title: string;
  readonly operations: readonly ReadyMade[];
}

/** An id that exists nowhere, of the given kind; replaced by a real one as soon as one is known. */
export function idPlaceholder(kind: IdKind): string {
  return `${kind}_${'0'.repeat(24)}`;
}
