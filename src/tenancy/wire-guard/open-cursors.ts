import type { mongo } from 'mongoose';

/** Cursors that nobody has read to their end: enough for all that may be open, few enough to forget. */
const MOST_REMEMBERED = 10_000;

type CursorId = number | bigint | mongo.Long;

/** Remembers whose a cursor is, since the command that reads it on says nothing but its number. */
export class OpenCursors {
  private readonly asked = new Map<number, string>();
  private readonly owners = new Map<string, string>();

  /** Notes who has sent a command that a cursor may come of. */
  ask(requestId: number, owner: string): void {
    remember(this.asked, requestId, owner);
  }

  /** Notes what has come of a command. */
  answer(requestId: number, reply: unknown): void {
    const owner = this.asked.get(requestId);
    if (owner === undefined) return;
    this.asked.delete(requestId);
    const { id } = (reply as { cursor?: { id?: CursorId } } | null)?.cursor ?? {};
    if (id !== undefined && id.toString() !== '0') remember(this.owners, id.toString(), owner);
  }

  isOf(cursor: unknown, owner: string): boolean {
    return this.owners.get(String(cursor)) === owner;
  }

  forget(cursors: readonly unknown[]): void {
    for (const cursor of cursors) this.owners.delete(String(cursor));
  }
}

function remember<K>(map: Map<K, string>, key: K, owner: string): void {
  map.set(key, owner);
  const [oldest] = map.size > MOST_REMEMBERED ? map.keys() : [];
  if (oldest !== undefined) map.delete(oldest);
}
