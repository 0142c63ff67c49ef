/** A message of a client that is about an operation: `subscribe` or `complete`. */
export interface OperationMessage {
  readonly id: string;
  readonly type: 'subscribe' | 'complete';
}

/** What becomes of a message of a client. */
export type Incoming =
  /** Hand this text on. `operation` is set where it begins one: say {@link OperationIds.end} once it has ended. */
  | { readonly text: string; readonly operation?: number }
  /** Its id belongs to an operation that runs. */
  | 'taken'
  /** Its id is longer than any that a client needs. */
  | 'too long'
  /** It ends an operation that is over already. */
  | 'ignored';

/** Ids are kept for as long as their operations run. */
const MOST_ID_CHARACTERS = 1000;

/** What the protocol's library puts in front of a client's id. */
const NUMBERED = /^\{"id":"(\d+):/;

/**
 * Gives each operation of a socket a number of its own. A client may use an id again as soon as it has completed the
 * operation, while that one is still being prepared or ended here: by the client's id alone the library would take both
 * for one.
 */
export class OperationIds {
  private count = 0;
  /** Operations that their client has not completed and that have not ended, by the client's ids. */
  private readonly active = new Map<string, number>();
  /** All that have not ended, with the ids that their client gave them. */
  private readonly running = new Map<number, string>();

  /** How many operations run that the client has not completed. */
  get activeCount(): number {
    return this.active.size;
  }

  /** How many operations have not ended, those that their client has completed included. */
  get runningCount(): number {
    return this.running.size;
  }

  /** Reads a client's message. What is no message about an operation is handed on as it is. */
  incoming(text: string): Incoming {
    const message = operationMessage(text);
    if (!message) return { text };
    const { id, type } = message;
    if (id.length > MOST_ID_CHARACTERS) return 'too long';
    if (type === 'complete') {
      const operation = this.active.get(id);
      if (operation === undefined) return 'ignored';
      this.active.delete(id);
      return { text: JSON.stringify({ ...message, id: numbered(operation, id) }) };
    }
    if (this.active.has(id)) return 'taken';
    const operation = ++this.count;
    this.active.set(id, operation);
    this.running.set(operation, id);
    return { text: JSON.stringify({ ...message, id: numbered(operation, id) }), operation };
  }

  /** A message for the client with the client's own id; null for an operation that the client has completed. */
  outgoing(text: string): string | null {
    const prefix = NUMBERED.exec(text);
    if (!prefix) return text;
    const operation = Number(prefix[1]);
    const id = this.running.get(operation);
    if (id === undefined || this.active.get(id) !== operation) return null;
    return `{"id":"${text.slice(prefix[0].length)}`;
  }

  /** The id that the client gave an operation; null once the client has completed it, or it has ended. */
  clientIdOf(operation: number): string | null {
    const id = this.running.get(operation);
    return id !== undefined && this.active.get(id) === operation ? id : null;
  }

  /** Notes that an operation has ended; its client's id is free. */
  end(operation: number): void {
    const id = this.running.get(operation);
    if (id === undefined) return;
    this.running.delete(operation);
    if (this.active.get(id) === operation) this.active.delete(id);
  }
}

const numbered = (operation: number, id: string): string => `${operation}:${id}`;

function operationMessage(text: string): OperationMessage | null {
  let message: unknown;
  try {
    message = JSON.parse(text);
  } catch {
    return null;
  }
  if (typeof message !== 'object' || message === null) return null;
  const { id, type } = message as Record<string, unknown>;
  // An empty id is none, which the library says.
  if (typeof id !== 'string' || id === '' || (type !== 'subscribe' && type !== 'complete')) return null;
  return message as OperationMessage;
}
