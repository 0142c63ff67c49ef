/**
 * Remembers who has last opened a cursor in a session of the driver. A cursor holds its session until it is closed, and
 * the database goes on with it in that session alone, so whose the session is tells whose the cursor is.
 */
export class SessionOwners {
  private readonly owners = new WeakMap<object, string>();

  note(session: object | null, owner: string): void {
    if (session !== null) this.owners.set(session, owner);
  }

  isOf(session: object | null, owner: string): boolean {
    return session !== null && this.owners.get(session) === owner;
  }
}
