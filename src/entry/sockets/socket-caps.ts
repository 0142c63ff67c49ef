/** Operations that may run on one socket at a time. */
export const MAX_OPERATIONS_PER_SOCKET = 100;
/** Sockets of one tenant's signed-in people, in one server process. */
export const MAX_SOCKETS_PER_TENANT = 1000;
/** Sockets of one address that nobody has signed in on (yet), in one server process. */
export const MAX_STRANGERS_PER_ADDRESS = 200;

/** Counts what is open per key. */
export class SocketCaps {
  private readonly open = new Map<string, number>();

  /** Counts one more, and returns how to count it out again; null when `cap` are open already. */
  enter(key: string, cap: number): (() => void) | null {
    const count = this.open.get(key) ?? 0;
    if (count >= cap) return null;
    this.open.set(key, count + 1);
    let isInside = true;
    return () => {
      if (!isInside) return;
      isInside = false;
      const left = (this.open.get(key) ?? 1) - 1;
      if (left > 0) this.open.set(key, left);
      else this.open.delete(key);
    };
  }
}
