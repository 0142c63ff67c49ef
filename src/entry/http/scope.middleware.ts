import { Inject, Injectable, type NestMiddleware } from '@nestjs/common';
import type { NextFunction, Request, Response } from 'express';
import { SETTINGS, type Settings } from '../../config/settings.js';
import { toDomainError } from '../../errors/client-error.js';
import { ERROR_CODES } from '../../errors/error-codes.js';
import { Metrics } from '../../telemetry/metrics.js';
import { clientIp } from '../../tenancy/client-ip.js';
import { withReadDeadline } from '../../mongo/read-deadline.js';
import { TenantRunner } from '../../tenancy/tenant-runner.js';
import { type TenantScope, tenantScope } from '../../tenancy/tenant-scope.js';
import { ANONYMOUS } from '../../tenancy/viewer.js';
import { ScopeFactory } from '../scope-factory.js';
import { notesOf } from './http-request.js';
import { refuse } from './refuse.js';

/** Runs the rest of a GraphQL request inside its scope, until its response is done. */
@Injectable()
export class ScopeMiddleware implements NestMiddleware {
  constructor(
    private readonly scopes: ScopeFactory,
    private readonly runner: TenantRunner,
    private readonly metrics: Metrics,
    @Inject(SETTINGS) private readonly settings: Settings,
  ) {}

  use(request: Request, response: Response, next: NextFunction): Promise<void> {
    return withReadDeadline(() => this.enter(request, response, next));
  }

  private async enter(request: Request, response: Response, next: NextFunction): Promise<void> {
    const notes = notesOf(request);
    const { scope, tooMany } = await this.admit(request);
    notes.scope = scope;
    if (tooMany !== undefined) {
      this.note(request, tooMany);
      refuse(request, response, tooMany, ERROR_CODES.RATE_LIMITED.httpStatus);
      return;
    }
    await this.runner.run(
      scope,
      () =>
        new Promise<void>(resolve => {
          response.once('close', resolve);
          next();
        }),
    );
  }

  /** A request that is refused still runs, as nobody, so that the refusal leaves in GraphQL's own shape. */
  private async admit(request: Request): Promise<{ scope: TenantScope; tooMany?: unknown }> {
    const notes = notesOf(request);
    const { requestId } = notes;
    const userAgent = request.headers['user-agent'] ?? null;
    const ip = clientIp(request, this.settings.TRUSTED_PROXIES);
    const origin = { transport: 'http' as const, ip, userAgent };
    const known: { scope?: TenantScope } = {};
    const onKnown = (scope: TenantScope) => (known.scope = scope);
    try {
      const arrival = { headers: request.headers, requestId, origin, onKnown };
      const { scope, requestsPerMinute } = await this.scopes.admit(arrival);
      notes.requestsPerMinute = requestsPerMinute;
      return { scope };
    } catch (error) {
      const nobody = tenantScope({ tenant: null, viewer: ANONYMOUS, requestId, origin });
      if (toDomainError(error).code === 'RATE_LIMITED')
        return { scope: known.scope ?? nobody, tooMany: error };
      notes.refusal = toDomainError(error);
      this.note(request, error);
      notes.requestsPerMinute = null;
      return { scope: nobody };
    }
  }

  /** GraphQL never sees what is refused here, so its plugin cannot count it. */
  private note(request: Request, refusal: unknown): void {
    const { code } = toDomainError(refusal);
    notesOf(request).errorCodes = [code];
    this.metrics.errors.inc({ code });
  }
}
