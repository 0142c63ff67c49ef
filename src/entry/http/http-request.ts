import { randomUUID } from 'node:crypto';
import type { NextFunction, Request, Response } from 'express';
import type { DomainError } from '../../errors/domain-error.js';
import type { OperationCost } from '../graphql/operation-gate.js';
import type { Allowance } from '../limits/request-limits.js';
import type { TenantScope } from '../../tenancy/tenant-scope.js';

/** What the doors note about an HTTP request while it is served. */
export interface RequestNotes {
  readonly requestId: string;
  readonly startedAt: bigint;
  /** Absent until the request has been looked at. */
  scope?: TenantScope;
  /** What the tenant may send in a minute; null, and absent, for a request without a tenant. */
  requestsPerMinute?: number | null;
  /** What its operation costs, once that is known. */
  cost?: OperationCost;
  /** Why the request was not admitted; raised when GraphQL builds its context. */
  refusal?: DomainError | Error;
  operation?: string;
  errorCodes?: string[];
}

const notes = new WeakMap<Request, RequestNotes>();

/** The notes of a request. @throws when the request did not come through {@link takeNotes}. */
export function notesOf(request: Request): RequestNotes {
  const found = notes.get(request);
  if (!found) throw new Error('The request has no notes: takeNotes must come first');
  return found;
}

/** Who asks, and what it may send. @throws when the request has not been looked at. */
export function allowanceOf({ scope, requestsPerMinute }: RequestNotes): Allowance {
  if (!scope) throw new Error('The request has no scope: ScopeMiddleware must come first');
  return { scope, requestsPerMinute: requestsPerMinute ?? null };
}

/** Gives each request its id: the sender's own X-Request-Id when it is harmless, else a new one. */
export function takeNotes(request: Request, response: Response, next: NextFunction): void {
  const sent = request.headers['x-request-id'];
  const requestId = typeof sent === 'string' && /^[\w.-]{8,64}$/.test(sent) ? sent : randomUUID();
  notes.set(request, { requestId, startedAt: process.hrtime.bigint() });
  response.setHeader('X-Request-Id', requestId);
  next();
}
