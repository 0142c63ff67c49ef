import { channel } from 'node:diagnostics_channel';

/** Which wall has held: the hooks of a schema, or the guard that reads commands on their way out. */
export type IsolationLock = 'hook' | 'wire';

/** The diagnostics channel that tells of every {@link IsolationError} as it is made, also where somebody swallows it. */
export const ISOLATION_REFUSALS = 'voho:isolation-refusals';
const refusals = channel(ISOLATION_REFUSALS);

/**
 * A command that would have left its tenant, refused before it was sent. Always a fault of the server:
 * clients see INTERNAL, the log and the metrics see which model and operation.
 */
export class IsolationError extends Error {
  constructor(
    readonly model: string,
    readonly operation: string,
    reason: string,
    readonly lock: IsolationLock = 'hook',
  ) {
    super(`${model}.${operation} refused: ${reason}`);
    refusals.publish(this);
  }

  // No property of its own: the driver copies those onto errors of its bulk writes, whose name cannot be set.
  override get name(): string {
    return 'IsolationError';
  }
}
