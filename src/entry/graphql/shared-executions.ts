import { Injectable } from '@nestjs/common';
import {
  BREAK,
  type DocumentNode,
  type ExecutionArgs,
  type ExecutionResult,
  getOperationAST,
  type GraphQLSchema,
  Kind,
  print,
  TypeInfo,
  visit,
  visitWithTypeInfo,
} from 'graphql';
import { seesAllCalls } from '../../auth/permissions.js';
import { type TenantKey, tenantKey } from '../../ids/tenant-key.js';
import type { TenantScope } from '../../tenancy/tenant-scope.js';
import type { Viewer } from '../../tenancy/viewer.js';
import { isPerViewer } from '../../schema/per-viewer.js';
import { frozen } from '../../repeat/frozen.js';
import { executeBounded } from './bounded-execution.js';

/** How long a result serves others: they all ask within moments, and what it says of a call must not grow old. */
const LIFETIME_MS = 200;

/**
 * Executes what many subscribers ask of the same event once, for all who may see the same. Events are the same where they
 * are the same object; each subscriber's own stream has decided before that the subscriber may receive the event.
 * Results are frozen: a subscriber that adds to its result, or takes from it, makes a copy first.
 */
@Injectable()
export class SharedExecutions {
  private readonly results = new WeakMap<object, Map<TenantKey, Promise<ExecutionResult>>>();

  /** How the events of one subscription are executed, in the running scope. */
  executorOf(args: ExecutionArgs, scope: TenantScope): (event: unknown) => Promise<ExecutionResult> {
    const alone = async (event: unknown) =>
      frozen((await executeBounded({ ...args, rootValue: event })).result);
    const key = shareKey(args, scope);
    if (key === null) return alone;
    return event => (isShareable(event) ? this.once(event, key, () => alone(event)) : alone(event));
  }

  private once(event: object, key: TenantKey, run: () => Promise<ExecutionResult>): Promise<ExecutionResult> {
    const known = this.results.get(event) ?? new Map<TenantKey, Promise<ExecutionResult>>();
    const running = known.get(key);
    if (running) return running;
    const result = run();
    known.set(key, result);
    this.results.set(event, known);
    setTimeout(() => known.delete(key), LIFETIME_MS).unref();
    return result;
  }
}

const isShareable = (event: unknown): event is object => typeof event === 'object' && event !== null;

/**
 * Names all that an execution depends on beside the event; null where that includes the very viewer. The document is
 * named as it is executed, since a door may have changed it after it was read.
 */
function shareKey({ schema, document, operationName, variableValues }: ExecutionArgs, scope: TenantScope) {
  const operation = getOperationAST(document, operationName);
  if (!operation || !scope.tenant || asksPerViewer(schema, document)) return null;
  const executed = withoutRootArguments(document);
  const values = [...variablesOf(executed)].sort().map(name => [name, variableValues?.[name]]);
  return tenantKey(
    scope.tenant.id,
    JSON.stringify([
      visibilityOf(scope.viewer),
      document.loc?.source.body,
      print(executed),
      operationName,
      values,
    ]),
  );
}

/** Viewers of one visibility see the same of an event that both may hear of. */
function visibilityOf(viewer: Viewer): string {
  switch (viewer.kind) {
    case 'user':
      return seesAllCalls(viewer) ? 'admin' : viewer.userId.toHexString();
    case 'key':
      // What stands beside a call, such as its agent, depends on the scopes.
      return viewer.scopes.toSorted().join();
    case 'link':
    case 'system':
    case 'anonymous':
      return viewer.kind;
  }
}

function asksPerViewer(schema: GraphQLSchema, document: DocumentNode): boolean {
  const types = new TypeInfo(schema);
  let isAsked = false;
  visit(
    document,
    visitWithTypeInfo(types, {
      Field: () => {
        const field = types.getFieldDef();
        if (!field || !isPerViewer(field)) return undefined;
        isAsked = true;
        return BREAK;
      },
    }),
  );
  return isAsked;
}

/**
 * The document without the arguments of its root fields. They say what is subscribed to rather than what is answered:
 * `after` differs from one subscriber to the next.
 */
function withoutRootArguments(document: DocumentNode): DocumentNode {
  return {
    ...document,
    definitions: document.definitions.map(definition => {
      if (definition.kind !== Kind.OPERATION_DEFINITION) return definition;
      const selections = definition.selectionSet.selections.map(node =>
        node.kind === Kind.FIELD ? { ...node, arguments: [] } : node,
      );
      return { ...definition, selectionSet: { ...definition.selectionSet, selections } };
    }),
  };
}

/** The names of the variables that a document uses, in directives and fragments too. */
function variablesOf(document: DocumentNode): ReadonlySet<string> {
  const names = new Set<string>();
  visit(document, {
    VariableDefinition: () => false,
    Variable: ({ name }) => {
      names.add(name.value);
    },
  });
  return names;
}
