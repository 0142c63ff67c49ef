/** An index cannot be made as this version needs it; the message says which, and what would help. */
export class ConflictingIndexError extends Error {
  constructor(collection: string, index: string, reason: string, options?: ErrorOptions) {
    super(
      `The index ${index} of the collection ${collection} cannot be made as this version needs it: ${reason}`,
      options,
    );
    this.name = 'ConflictingIndexError';
  }
}
