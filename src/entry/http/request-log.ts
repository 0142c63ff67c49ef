import type { NextFunction, Request, Response } from 'express';
import type { Logger } from 'pino';
import { toPublicId } from '../../ids/public-id.js';
import type { TenantScope } from '../../tenancy/tenant-scope.js';
import type { Viewer } from '../../tenancy/viewer.js';
import { notesOf } from './http-request.js';

/** Writes one line per finished GraphQL request, also for one that was refused before GraphQL saw it. */
export function requestLog(log: Logger) {
  return (request: Request, response: Response, next: NextFunction): void => {
    response.once('close', () => {
      const { requestId, scope, operation, errorCodes, startedAt } = notesOf(request);
      log.info(
        {
          requestId,
          ...(scope ? whoseLine(scope) : { transport: 'http', tenant: null, viewer: null }),
          operation: operation ?? null,
          errors: errorCodes,
          status: response.statusCode,
          durationMs: millisecondsSince(startedAt),
        },
        'request',
      );
    });
    next();
  };
}

/** Whose request a log line speaks of, without personal data. */
export function whoseLine({ tenant, viewer, origin }: TenantScope) {
  return {
    transport: origin.transport,
    tenant: tenant?.subdomain ?? null,
    tenantId: tenant ? toPublicId('tenant', tenant.id) : undefined,
    viewer: viewerLabel(viewer),
  };
}

/** The time since `startedAt` of the monotonic clock, in milliseconds. */
export function millisecondsSince(startedAt: bigint): number {
  return Math.round(Number(process.hrtime.bigint() - startedAt) / 1e3) / 1e3;
}

function viewerLabel(viewer: Viewer): string {
  switch (viewer.kind) {
    case 'user':
      return toPublicId('user', viewer.userId);
    case 'key':
      return toPublicId('key', viewer.keyId);
    case 'link':
    case 'system':
    case 'anonymous':
      return viewer.kind;
  }
}
