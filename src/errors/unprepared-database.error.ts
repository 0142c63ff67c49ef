/** The database lacks what this version needs, and its user has no right to add it. */
export class UnpreparedDatabaseError extends Error {
  constructor(command: string, options: ErrorOptions) {
    super(
      `The database is not prepared for this version, and its user may not do it (${command}): ` +
        'run `voho database prepare` as a user who may, see docs/database-roles.md.',
      options,
    );
    this.name = 'UnpreparedDatabaseError';
  }
}
