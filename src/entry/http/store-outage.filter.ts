import { type ArgumentsHost, Catch } from '@nestjs/common';
import { BaseExceptionFilter } from '@nestjs/core';
import type { GqlContextType } from '@nestjs/graphql';
import type { Request, Response } from 'express';
import { isStoreOutage } from '../../errors/store-outage.js';
import { refuse } from './refuse.js';

/** Answers 503 on the routes beside GraphQL while a store is away; the provider and browsers try again. */
@Catch()
export class StoreOutageFilter extends BaseExceptionFilter {
  override catch(exception: unknown, host: ArgumentsHost): void {
    // The GraphQL server logs and answers what its resolvers throw.
    if (host.getType<GqlContextType>() !== 'http') throw exception;
    const http = host.switchToHttp();
    const response = http.getResponse<Response>();
    if (response.headersSent || !isStoreOutage(exception)) super.catch(exception, host);
    else refuse(http.getRequest<Request>(), response, exception, 503);
  }
}
