import { Injectable, type NestMiddleware } from '@nestjs/common';
import type { NextFunction, Request, Response } from 'express';
import { toDomainError } from '../../errors/client-error.js';
import { TenantRunner } from '../../tenancy/tenant-runner.js';
import { type TenantScope, tenantScope } from '../../tenancy/tenant-scope.js';
import { ANONYMOUS } from '../../tenancy/viewer.js';
import { ScopeFactory } from '../scope-factory.js';
import { notesOf } from './http-request.js';

/** Runs the rest of a GraphQL request inside its scope, until its response is done. */
@Injectable()
export class ScopeMiddleware implements NestMiddleware {
  constructor(
    private readonly scopes: ScopeFactory,
    private readonly runner: TenantRunner,
  ) {}

  async use(request: Request, response: Response, next: NextFunction): Promise<void> {
    const scope = await this.admit(request);
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
  private async admit(request: Request): Promise<TenantScope> {
    const notes = notesOf(request);
    const { requestId } = notes;
    const userAgent = request.headers['user-agent'] ?? null;
    const origin = { transport: 'http' as const, ip: request.ip ?? null, userAgent };
    try {
      return (await this.scopes.admit({ headers: request.headers, requestId, origin })).scope;
    } catch (error) {
      notes.refusal = toDomainError(error);
      return tenantScope({ tenant: null, viewer: ANONYMOUS, requestId, origin });
    }
  }
}
