/** The environment cannot be used; `faults` names every variable that is missing or wrong, at once. */
export class InvalidEnvironmentError extends Error {
  constructor(readonly faults: readonly string[]) {
    super(`The environment is not usable:\n${faults.map(fault => `  - ${fault}`).join('\n')}`);
    this.name = 'InvalidEnvironmentError';
  }
}
