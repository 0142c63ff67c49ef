import type { NextFunction, Request, Response } from 'express';
import type { Logger } from 'pino';
import { scopeStore } from '../../tenancy/scope-store.js';
import type { Viewer } from '../../tenancy/viewer.js';
import { notesOf } from './http-request.js';

/** Writes one line per finished GraphQL request. Runs inside the scope, so the line carries request and tenant. */
export function requestLog(log: Logger) {
  return (request: Request, response: Response, next: NextFunction): void => {
    const scope = scopeStore.scope();
    response.once('finish', () => {
      const notes = notesOf(request);
      log.info(
        {
          requestId: notes.requestId,
          tenant: scope?.tenant?.subdomain,
          viewer: scope && viewerLabel(scope.viewer),
          operation: notes.operation,
          errors: notes.errorCodes,
          status: response.statusCode,
          durationMs: Number(process.hrtime.bigint() - notes.startedAt) / 1e6,
        },
        'request',
      );
    });
    next();
  };
}

/** Who it was, without personal data. */
export function viewerLabel(viewer: Viewer): string {
  return viewer.kind === 'user' ? `user_${viewer.userId.toHexString()}` : viewer.kind;
}
