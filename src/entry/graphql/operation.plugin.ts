import type { ApolloServerPlugin } from '@apollo/server';
import { Injectable } from '@nestjs/common';
import type { RequestContext } from '../../auth/request-context.js';
import { Metrics } from '../../telemetry/metrics.js';
import { notesOf } from '../http/http-request.js';
import { OperationGate } from './operation-gate.js';

/** Notes each operation for the request's log line and the metrics, and sends it through the gate. */
@Injectable()
export class OperationPlugin {
  constructor(
    private readonly gate: OperationGate,
    private readonly metrics: Metrics,
  ) {}

  readonly plugin: ApolloServerPlugin<RequestContext> = {
    requestDidStart: () => {
      const startedAt = process.hrtime.bigint();
      return Promise.resolve({
        didResolveOperation: ({ schema, operation, request }) => {
          if (operation) this.gate.check(schema, operation, request.variables ?? {});
          return Promise.resolve();
        },
        willSendResponse: ({ contextValue, operation, operationName, response }) => {
          const field = operation?.selectionSet.selections[0];
          const root = field && 'name' in field ? field.name.value : 'invalid';
          const codes = errorCodesOf(response.body);
          if (contextValue.request) {
            const notes = notesOf(contextValue.request);
            notes.operation = `${operation?.operation ?? 'none'} ${operationName ?? root}`.slice(0, 100);
            if (codes.length > 0) notes.errorCodes = codes;
          }
          for (const code of codes) this.metrics.errors.inc({ code });
          this.metrics.operations.observe(
            { operation: root, outcome: codes.length > 0 ? 'error' : 'ok' },
            Number(process.hrtime.bigint() - startedAt) / 1e9,
          );
          return Promise.resolve();
        },
      });
    },
  };
}

function errorCodesOf(body: { kind: string; singleResult?: { errors?: readonly { extensions?: { [key: string]: unknown } }[] } }): string[] {
  return (body.singleResult?.errors ?? []).map(error => String(error.extensions?.['code'] ?? 'INTERNAL'));
}
