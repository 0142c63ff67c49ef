import type { Request, Response } from 'express';
import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { GqlExecutionContext } from '@nestjs/graphql';

/** The GraphQL context: only what the doors themselves need. Who and which tenant is in the TenantContext. */
export interface RequestContext {
  readonly requestId: string;
  /** Absent on sockets. */
  readonly request?: Request;
  readonly response?: Response;
}

/** Injects the {@link RequestContext} into a resolver. */
export const Door = createParamDecorator((_data: unknown, execution: ExecutionContext): RequestContext =>
  GqlExecutionContext.create(execution).getContext<RequestContext>(),
);
