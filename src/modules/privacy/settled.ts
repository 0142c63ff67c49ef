/**
 * After so long nothing that had begun before can still write: a transaction lasts 8 s at most, and who has lost his
 * rights keeps them for another second in the caches of other processes.
 */
export const SETTLED_MS = 10_000;
