import { Inject, Injectable } from '@nestjs/common';
import { DiscoveryService, MetadataScanner, Reflector } from '@nestjs/core';
import {
  BREAK,
  type DocumentNode,
  getVariableValues,
  type GraphQLSchema,
  Kind,
  type OperationDefinitionNode,
  visit,
} from 'graphql';
import { assertAccess } from '../../auth/access.guard.js';
import { type Access, ACCESS } from '../../auth/allow.js';
import { SETTINGS, type Settings } from '../../config/settings.js';
import { badInput, DomainError } from '../../errors/domain-error.js';
import { TenantContext } from '../../tenancy/tenant-context.js';
import { faultOfValue } from '../../validation/client-values.js';
import { type Allowance, RequestLimits } from '../limits/request-limits.js';
import { Documents } from './documents.js';
import { MAX_COST, modestCost } from './operation-size.js';

/** What an operation costs its tenant, as its answer tells in `extensions.cost`. */
export interface OperationCost {
  readonly requested: number;
  /** What one operation may cost. */
  readonly maximum: number;
  /** What is left of the minute's budget, of the tenant or of a stranger's address. */
  readonly remaining: number;
  /** When the budget is whole again. */
  readonly resetSeconds: number;
}

/** An operation of a valid document, before its variables have been read. */
export interface ArrivedOperation {
  readonly schema: GraphQLSchema;
  readonly document: DocumentNode;
  readonly operation: OperationDefinitionNode;
  readonly variables: Record<string, unknown>;
}

/**
 * Looks at a valid operation before it is executed, over every door. Not a validation rule: Apollo Server validates a
 * document once for everybody, and this depends on the viewer and on the variables.
 */
@Injectable()
export class OperationGate {
  private accessByField: Map<string, Access> | null = null;

  constructor(
    private readonly discovery: DiscoveryService,
    private readonly scanner: MetadataScanner,
    private readonly reflector: Reflector,
    private readonly context: TenantContext,
    private readonly limits: RequestLimits,
    private readonly documents: Documents,
    @Inject(SETTINGS) private readonly settings: Settings,
  ) {}

  /**
   * Lets an operation in, counts its cost, and has its document kept.
   * @throws DomainError as {@link check} does, or RATE_LIMITED where the minute's budget is used up.
   */
  async admit(operation: ArrivedOperation, allowance: Allowance): Promise<OperationCost> {
    const requested = this.check(operation);
    const left = await this.limits.spend(allowance, requested);
    this.documents.keep(operation.document);
    return { requested, maximum: MAX_COST, ...left };
  }

  /**
   * What an operation costs. Where its input is not valid, rights come first: who may not call a root field hears so,
   * whatever was sent.
   * @throws DomainError UNAUTHENTICATED or FORBIDDEN, the first error of the input, or QUERY_TOO_COMPLEX.
   */
  private check({ schema, document, operation, variables }: ArrivedOperation): number {
    if (this.settings.isProduction && this.context.viewer.kind === 'anonymous' && asksForSchema(document)) {
      throw new DomainError('UNAUTHENTICATED', 'Sign in to read the schema.');
    }
    const { errors, coerced } = readVariables({ schema, document, operation, variables });
    let fault: Error | undefined = errors?.[0];
    try {
      if (coerced) return modestCost({ schema, document, operation, variables: coerced });
    } catch (error) {
      if (!(error instanceof DomainError) || error.code !== 'BAD_USER_INPUT') throw error;
      fault = error;
    }
    for (const selection of operation.selectionSet.selections) {
      if (selection.kind !== Kind.FIELD || selection.name.value.startsWith('__')) continue;
      assertAccess(this.accessTable.get(selection.name.value), this.context.viewer);
    }
    throw fault ?? new Error('Variables without values and without errors');
  }

  /** Who may call each root field, read from the resolvers' decorators. */
  get accessTable(): ReadonlyMap<string, Access> {
    return (this.accessByField ??= this.readTable());
  }

  private readTable(): Map<string, Access> {
    const table = new Map<string, Access>();
    for (const { instance } of this.discovery.getProviders() as { instance?: object }[]) {
      if (!instance || typeof instance !== 'object') continue;
      const prototype = Object.getPrototypeOf(instance) as Record<string, unknown>;
      for (const method of this.scanner.getAllMethodNames(prototype)) {
        const access = this.reflector.get<Access | undefined>(ACCESS, prototype[method] as never);
        if (access) table.set(method, access);
      }
    }
    return table;
  }
}

/** Variables as GraphQL reads them, unless one of them holds what cannot be stored and read back as it is. */
function readVariables({ schema, operation, variables }: ArrivedOperation): {
  readonly errors?: readonly Error[];
  readonly coerced?: Record<string, unknown>;
} {
  const definitions = operation.variableDefinitions ?? [];
  for (const { variable } of definitions) {
    const name = variable.name.value;
    const fault = Object.hasOwn(variables, name) ? faultOfValue(variables[name], name) : null;
    if (fault) return { errors: [badInput({ [fault.path]: fault.reason })] };
  }
  return getVariableValues(schema, definitions, variables, { maxErrors: 1 });
}

/** Whether any operation of the document introspects, in fragments too. `__typename` is no introspection. */
function asksForSchema(document: DocumentNode): boolean {
  let isAsked = false;
  visit(document, {
    Field: ({ name }) => {
      if (name.value !== '__schema' && name.value !== '__type') return undefined;
      isAsked = true;
      return BREAK;
    },
  });
  return isAsked;
}
