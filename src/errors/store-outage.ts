/** Names of the driver's errors that say that MongoDB did not answer, or not in time. */
const OUTAGES =
  /^Mongo(ose)?(Network|ServerSelection|NotConnected|PoolCleared|WaitQueue|TransactionTimeout|ReadDeadline|OperationTimeout|WriteConcern|ServerClosed|TopologyClosed)/;

/** Codes of MongoDB's own errors that say that it is busy, out of time, out of space, or changes its primary. */
const OUTAGE_CODES: ReadonlySet<unknown> = new Set([
  6, // HostUnreachable
  7, // HostNotFound
  24, // LockTimeout
  46, // LockBusy
  50, // MaxTimeMSExpired
  64, // WriteConcernTimeout
  89, // NetworkTimeout
  91, // ShutdownInProgress
  112, // WriteConflict
  189, // PrimarySteppedDown
  202, // NetworkInterfaceExceededTimeLimit
  246, // SnapshotUnavailable
  251, // NoSuchTransaction
  262, // ExceededTimeLimit
  290, // TransactionExceededLifetimeLimitSeconds
  292, // QueryExceededMemoryLimitNoDiskUseAllowed
  365, // TemporarilyUnavailable
  10107, // NotWritablePrimary
  11600, // InterruptedAtShutdown
  11601, // Interrupted
  11602, // InterruptedDueToReplStateChange
  13435, // NotPrimaryNoSecondaryOk
  13436, // NotPrimaryOrSecondary
  14031, // OutOfDiskSpace
]);

/** Labels of errors after which MongoDB itself says that the same may work. */
const RETRYABLE_LABELS = [
  'TransientTransactionError',
  'RetryableWriteError',
  'UnknownTransactionCommitResult',
];

/** What ioredis throws while Redis is away or silent. */
const REDIS_OUTAGE = /^(Command timed out|Connection is closed\.|Stream isn't writeable)/;

interface DriverError {
  readonly code: unknown;
  readonly errorLabels: unknown;
  /** What MongoDB answered; of a bulk write that got no answer, the network's error. */
  readonly errorResponse: unknown;
}

/** Whether a store is away or overloaded: the same request may work in a moment. */
export function isStoreOutage(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { name, message, code, errorLabels, errorResponse } = error as Error & Partial<DriverError>;
  if (name.startsWith('Mongo')) {
    const labels: readonly unknown[] = Array.isArray(errorLabels) ? errorLabels : [];
    return (
      OUTAGES.test(name) ||
      OUTAGE_CODES.has(code) ||
      RETRYABLE_LABELS.some(label => labels.includes(label)) ||
      isStoreOutage(errorResponse)
    );
  }
  return name === 'MaxRetriesPerRequestError' || REDIS_OUTAGE.test(message);
}
