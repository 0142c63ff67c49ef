/**
 * What runs in the threads of PasswordThreads. Plain JavaScript, since a thread is started by Node itself, which loads no
 * TypeScript where tests run the sources.
 */
import { constants, getPriority, setPriority } from 'node:os';
import { hashSync, verifySync } from '@node-rs/argon2';

/**
 * A tenth of the processor time of a thread that competes for the same core: little enough for other work, and enough that
 * log-ins go on where other work takes all it can get.
 */
const NICE_INCREMENT = 10;

lowerPriority();

/**
 * Hashes a password.
 * @param {{ password: string, parameters: import('@node-rs/argon2').Options }} task
 * @returns {string} with its parameters, in PHC's form.
 */
export function hash({ password, parameters }) {
  return hashSync(password, parameters);
}

/**
 * Whether a password is the one that was hashed.
 * @param {{ password: string, against: string }} task
 * @throws {Error} for what is no hash.
 */
export function verify({ password, against }) {
  return verifySync(against, password);
}

/**
 * Lowers the priority of this thread below that of the others. Only Linux has priorities of threads here: elsewhere the call
 * would slow the whole process. Where it is forbidden, the thread keeps the priority that it has.
 */
function lowerPriority() {
  if (process.platform !== 'linux') return;
  try {
    setPriority(Math.min(getPriority() + NICE_INCREMENT, constants.priority.PRIORITY_LOW));
  } catch {
    // Everything works as before, only a storm of log-ins slows other work more.
  }
}
