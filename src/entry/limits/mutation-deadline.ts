import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import { GqlExecutionContext } from '@nestjs/graphql';
import { type GraphQLResolveInfo, OperationTypeNode } from 'graphql';
import { type Observable, throwError, timeout } from 'rxjs';
import type { RequestContext } from '../../auth/request-context.js';
import { type DomainError, outage } from '../../errors/domain-error.js';
import { notesOf } from '../http/http-request.js';

/** How long a mutation may take, the admission of its request included. */
const DEADLINE_MS = 10_000;
/** What is left to it at least. */
const LEAST_MS = 1000;

/**
 * Answers a mutation that takes too long, as while the database is silent: its client tries again instead of waiting
 * on. The work itself goes on to its own end, so whether it takes effect is open, as after a lost answer.
 */
@Injectable()
export class MutationDeadline implements NestInterceptor {
  intercept(execution: ExecutionContext, next: CallHandler): Observable<unknown> {
    if (execution.getType<string>() !== 'graphql') return next.handle();
    const graphql = GqlExecutionContext.create(execution);
    const { operation } = graphql.getInfo<GraphQLResolveInfo>();
    if (operation.operation !== OperationTypeNode.MUTATION) return next.handle();
    const { request } = graphql.getContext<RequestContext>();
    const spentMs = request ? Number(process.hrtime.bigint() - notesOf(request).startedAt) / 1e6 : 0;
    const first = Math.max(LEAST_MS, DEADLINE_MS - spentMs);
    return next.handle().pipe(timeout({ first, with: () => throwError(outOfTime) }));
  }
}

function outOfTime(): DomainError {
  return outage(new Error(`A mutation took longer than ${DEADLINE_MS} ms`));
}
