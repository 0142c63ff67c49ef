import type { RightsLoss } from '../../auth/rights-reader.js';
import type { ErrorCode } from '../../errors/error-codes.js';

/** How a socket is closed: a code that client libraries act on, and a reason for people. */
export interface Closing {
  readonly code: number;
  readonly reason: string;
  /**
   * Set where coming back with the same credential cannot help: the code of the error that ends a stream of server-sent
   * events. All other streams are cut, so that their client comes back.
   */
  readonly error?: ErrorCode;
}

/**
 * How the server closes GraphQL sockets. graphql-ws's client gives up on 4400, 4401, 4406, 4409, 4429, 4500 and most
 * codes below 2000, and comes back on all others, also on 1012 and 1013; the codes are chosen so that this is what the
 * client should do.
 */
export const CLOSINGS = {
  /** Come back with a fresh access token. */
  expired: { code: 4403, reason: 'Access token expired or not valid: refresh and come back' },
  /** A credential that nobody can refresh. */
  badKey: { code: 4401, reason: 'API key not valid, expired or revoked', error: 'UNAUTHENTICATED' },
  /** Something went wrong here, such as a database that is away: come back. */
  fault: { code: 1013, reason: 'UNAVAILABLE' },
  /** A message that is too large (1009) or broken (1002, 1007) has its own code; this is for all other faults of the line. */
  unreadable: { code: 1002, reason: 'Unreadable message' },
  /** The server restarts: come back, and resume behind the last cursor. */
  draining: { code: 1012, reason: 'Service restart: come back and resume' },
  /** The client reads too slowly: come back, and resume behind the last cursor. */
  slowReader: { code: 1013, reason: 'Reading too slowly: come back and resume' },
  /** A program gone wild, or an attack. */
  flood: { code: 1008, reason: 'Too many messages or pings' },
  /** The tenant, or the address of somebody unknown, has too many sockets or requests: come back later. */
  tooMany: { code: 1013, reason: 'Too many sockets or requests: come back later' },
} as const satisfies Record<string, Closing>;

/** How a socket is closed whose client breaks the protocol, where graphql-ws leaves that to the server. */
export const BREACHES = {
  /** Two operations of one socket cannot have one id at the same time. */
  idTaken: { code: 4409, reason: 'An operation with this id is still running' },
  tooLarge: { code: 1009, reason: 'Message too large' },
  invalidMessage: { code: 4400, reason: 'Invalid message received' },
} as const satisfies Record<string, Closing>;

/** How a socket ends whose viewer lost what it was opened with. */
export const LOSS_CLOSINGS: Readonly<Record<RightsLoss, Closing>> = {
  'session-over': { code: 4401, reason: 'Session over: sign in again', error: 'UNAUTHENTICATED' },
  'user-deactivated': { code: 4401, reason: 'User deactivated', error: 'UNAUTHENTICATED' },
  'tenant-suspended': { code: 4401, reason: 'Tenant suspended', error: 'TENANT_INACTIVE' },
  'key-revoked': { code: 4401, reason: 'API key revoked', error: 'UNAUTHENTICATED' },
  'key-expired': { code: 4401, reason: 'API key expired', error: 'UNAUTHENTICATED' },
  'role-changed': { code: 4412, reason: 'Role changed: come back with the new rights and resume' },
};

/** Refused while connecting. What cannot get better by itself is told by its code: coming back would not help. */
export function refusedClosing(code: ErrorCode): Closing {
  if (code === 'RATE_LIMITED') return CLOSINGS.tooMany;
  return code === 'INTERNAL' || code === 'UNAVAILABLE' ? CLOSINGS.fault : { code: 4401, reason: code };
}
