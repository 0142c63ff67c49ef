import { Injectable } from '@nestjs/common';
import { DiscoveryService, MetadataScanner, Reflector } from '@nestjs/core';
import { getVariableValues, type GraphQLSchema, Kind, type OperationDefinitionNode } from 'graphql';
import { type Access, ACCESS } from '../../auth/allow.js';
import { assertAccess } from '../../auth/access.guard.js';
import { TenantContext } from '../../tenancy/tenant-context.js';

/**
 * Looks at an operation's variables before it is executed. Where they cannot be read, rights come first: who may
 * not call a root field hears so, whatever he sent.
 */
@Injectable()
export class OperationGate {
  private accessByField: Map<string, Access> | null = null;

  constructor(
    private readonly discovery: DiscoveryService,
    private readonly scanner: MetadataScanner,
    private readonly reflector: Reflector,
    private readonly context: TenantContext,
  ) {}

  /** @throws DomainError UNAUTHENTICATED or FORBIDDEN, else the first error of the variables. */
  check(schema: GraphQLSchema, operation: OperationDefinitionNode, variables: Record<string, unknown>): void {
    const { errors } = getVariableValues(schema, operation.variableDefinitions ?? [], variables, { maxErrors: 1 });
    if (!errors?.[0]) return;
    for (const selection of operation.selectionSet.selections) {
      if (selection.kind !== Kind.FIELD || selection.name.value.startsWith('__')) continue;
      assertAccess(this.access(selection.name.value), this.context.viewer);
    }
    throw errors[0];
  }

  /** Who may call each root field, read from the resolvers' decorators. */
  get accessTable(): ReadonlyMap<string, Access> {
    return (this.accessByField ??= this.readTable());
  }

  private access(field: string): Access | undefined {
    return this.accessTable.get(field);
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
