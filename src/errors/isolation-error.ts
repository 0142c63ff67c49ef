/**
 * A command that would have left its tenant, refused before it was sent. Always a fault of the server:
 * clients see INTERNAL, the log and the metrics see which model and operation.
 */
export class IsolationError extends Error {
  constructor(
    readonly model: string,
    readonly operation: string,
    reason: string,
  ) {
    super(`${model}.${operation} refused: ${reason}`);
    this.name = 'IsolationError';
  }
}
