import type { ApolloServerPlugin, GraphQLRequestContextWillSendResponse } from '@apollo/server';
import { Injectable } from '@nestjs/common';
import { type GraphQLFormattedError, OperationTypeNode } from 'graphql';
import type { RequestContext } from '../../auth/request-context.js';
import { toClientError } from '../../errors/client-error.js';
import { DomainError } from '../../errors/domain-error.js';
import { Metrics } from '../../telemetry/metrics.js';
import { allowanceOf, notesOf } from '../http/http-request.js';
import { isOfRootField, measureAnswer } from './answer-bounds.js';
import { RequestLimits } from '../limits/request-limits.js';
import { OperationGate } from './operation-gate.js';
import { operationLabel, rootFieldOf } from './operation-label.js';
import { refusedOperation } from './refused-operation.js';

type GraphQLResponse = GraphQLRequestContextWillSendResponse<RequestContext>['response'];
type GraphQLResponseBody = GraphQLResponse['body'];

/** Notes each operation for the request's log line and the metrics, and sends it through the gate. */
@Injectable()
export class OperationPlugin {
  constructor(
    private readonly gate: OperationGate,
    private readonly metrics: Metrics,
    private readonly limits: RequestLimits,
  ) {}

  readonly plugin: ApolloServerPlugin<RequestContext> = {
    requestDidStart: () => {
      const startedAt = process.hrtime.bigint();
      return Promise.resolve({
        didResolveOperation: async ({ schema, document, operation, request, contextValue }) => {
          const variables = request.variables ?? {};
          try {
            if (operation?.operation === OperationTypeNode.SUBSCRIPTION) throw needsSocket();
            if (!operation || !contextValue.request) return;
            const notes = notesOf(contextValue.request);
            const arrived = { schema, document, operation, variables };
            notes.cost = await this.gate.admit(arrived, allowanceOf(notes));
          } catch (error) {
            throw refusedOperation(error, contextValue.request?.headers);
          }
        },
        willSendResponse: ({ contextValue, operation, response }) => {
          this.bound(response, contextValue, operation?.operation);
          const root = rootFieldOf(operation) ?? 'invalid';
          const codes = errorCodesOf(response.body);
          if (contextValue.request) {
            const notes = notesOf(contextValue.request);
            notes.operation = operationLabel(operation);
            if (codes.length > 0) notes.errorCodes = codes;
            if (notes.cost && response.body.kind === 'single')
              response.body.singleResult.extensions = { cost: notes.cost };
          }
          for (const code of codes) this.metrics.errors.inc({ code });
          const wait = longestWait(response.body);
          if (wait > 0) response.http.headers.set('retry-after', String(wait));
          this.metrics.operations.observe(
            { operation: root, outcome: codes.length > 0 ? 'error' : 'ok' },
            Number(process.hrtime.bigint() - startedAt) / 1e9,
          );
          return Promise.resolve();
        },
      });
    },
  };

  /** Counts what an answer has, and puts an error in the place of one that is too large. */
  private bound(
    { body }: GraphQLResponse,
    context: RequestContext,
    kind: OperationTypeNode | undefined,
  ): void {
    if (body.kind !== 'single') return;
    const { singleResult } = body;
    const { bytes, fault } = measureAnswer(context, singleResult, kind);
    const notes = context.request && notesOf(context.request);
    // What was refused before its execution has no cost, and its answer is short.
    if (notes?.cost) this.limits.chargeAnswer(allowanceOf(notes), { cost: notes.cost.requested, bytes });
    if (!fault) return;
    const told = (singleResult.errors ?? []).filter(isOfRootField);
    body.singleResult = { data: null, errors: [toClientError(fault, {}, context.requestId), ...told] };
  }
}

function needsSocket(): DomainError {
  const message = 'Subscriptions run over a WebSocket, subprotocol graphql-transport-ws.';
  return new DomainError('BAD_USER_INPUT', message);
}

function errorCodesOf(body: GraphQLResponseBody): string[] {
  return body.kind === 'single' ? (body.singleResult.errors ?? []).map(codeOf) : [];
}

/** How many seconds to wait before all that was refused for now may work; 0 when nothing was. */
function longestWait(body: GraphQLResponseBody): number {
  const errors = body.kind === 'single' ? (body.singleResult.errors ?? []) : [];
  return Math.max(0, ...errors.map(({ extensions }) => Number(extensions?.['retryAfterSeconds'] ?? 0)));
}

function codeOf({ extensions }: GraphQLFormattedError): string {
  const code = extensions?.['code'];
  return typeof code === 'string' ? code : 'INTERNAL';
}
