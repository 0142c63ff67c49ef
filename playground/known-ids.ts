/** The kinds of things whose ids ready-made operations ask for. */
export type IdKind = 'call' | 'agent' | 'user' | 'invitation';

const PUBLIC_ID = /"(call|agent|user|invitation)_[0-9a-f]{24}"/g;

/**
 * The ids that were in the latest answers, so that a ready-made operation opens with one that exists.
 * Lists come newest first, so the first id of a kind in an answer is the one to keep.
 */
export class KnownIds {
  readonly #ids = new Map<IdKind, string>();

  /** Takes note of the ids in an answer. */
  learnFrom(answer: unknown): void {
    const seen = new Map<IdKind, string>();
    for (const [quoted, kind] of JSON.stringify(answer ?? null).matchAll(PUBLIC_ID)) {
      if (!seen.has(kind as IdKind)) seen.set(kind as IdKind, quoted.slice(1, -1));
    }
    for (const [kind, id] of seen) this.#ids.set(kind, id);
  }

  get(kind: IdKind): string | undefined {
    return this.#ids.get(kind);
  }

  /** Ids belong to a tenant: after a sign-in to another one they would only be unknown. */
  forget(): void {
    this.#ids.clear();
  }
}
