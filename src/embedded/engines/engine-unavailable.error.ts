/**
 * An engine can neither be found, fetched nor started here. The message is one sentence for a person: what
 * failed, and what to install or which variable to set.
 */
export class EngineUnavailableError extends Error {
  readonly code: string = 'ENGINE_UNAVAILABLE';

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'EngineUnavailableError';
  }
}

/** Another live server works on the same data folder; two would destroy each other's files. */
export class DataDirInUseError extends EngineUnavailableError {
  override readonly code = 'DATA_DIR_IN_USE';

  constructor(
    readonly dataDir: string,
    readonly pid: number,
  ) {
    super(
      `Another server (process ${pid}) already runs on DATA_DIR ${dataDir}: stop it, or give this one a DATA_DIR and a PORT of its own.`,
    );
    this.name = 'DataDirInUseError';
  }
}

/**
 * The plain reason of any thrown value, without a stack and without a full stop at its end. Asks for a message and not
 * for the class: under Jest, errors of Node's own modules are of another realm's class.
 */
export function reasonOf(fault: unknown): string {
  const hasMessage = typeof fault === 'object' && fault !== null && 'message' in fault;
  const text = String(hasMessage ? fault.message : fault);
  return text.trim().replace(/\.$/, '');
}
