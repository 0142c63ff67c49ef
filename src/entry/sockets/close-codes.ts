import type { RightsLoss } from '../../auth/rights-watch.js';

/** How a socket is closed: a code that client libraries act on, and a reason for people. */
export interface Closing {
  readonly code: number;
  readonly reason: string;
}

/**
 * How the server closes GraphQL sockets. graphql-ws's client gives up on 4400, 4401, 4406, 4409, 4429 and 4500 and
 * comes back on all others; the codes are chosen so that this is what the client should do.
 */
export const CLOSINGS = {
  /** Come back with a fresh access token. */
  expired: { code: 4403, reason: 'Access token expired or not valid: refresh and come back' },
  /** The server restarts: come back, and resume behind the last cursor. */
  draining: { code: 1012, reason: 'Service restart: come back and resume' },
  /** The client reads too slowly: come back, and resume behind the last cursor. */
  slowReader: { code: 1013, reason: 'Reading too slowly: come back and resume' },
} as const satisfies Record<string, Closing>;

/** How a socket ends whose user lost what it was opened with. */
export const LOSS_CLOSINGS: Readonly<Record<RightsLoss, Closing>> = {
  'session-over': { code: 4401, reason: 'Session over: sign in again' },
  'user-deactivated': { code: 4401, reason: 'User deactivated' },
  'tenant-suspended': { code: 4401, reason: 'Tenant suspended' },
  'role-changed': { code: 4412, reason: 'Role changed: come back with the new rights and resume' },
};

/** Refused while connecting; the reason is the error's code. Coming back unchanged would not help. */
export function refusedClosing(code: string): Closing {
  return { code: 4401, reason: code };
}
