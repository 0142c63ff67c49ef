import {
  type ArgumentNode,
  type DocumentNode,
  type ExecutionArgs,
  type ExecutionResult,
  type FieldNode,
  getArgumentValues,
  getOperationAST,
  getVariableValues,
  Kind,
  type OperationDefinitionNode,
  OperationTypeNode,
  type SelectionSetNode,
} from 'graphql';

/** The streams whose events have cursors, each with a query for the cursor of its end. */
const HEADS: Readonly<Record<string, string>> = {
  callEvents: '{ eventCursor }',
  auditEvents: '{ auditEvents(first: 1) { nodes { cursor } } }',
};

/** The name under which a cursor is asked for beside what the client has selected. */
const OWN_KEY = 'voho_event_id';

/** A subscription of one stream that has cursors; null for every other operation. */
export interface Resumable {
  /** Where the client itself asks to go on from; null when it asks for what comes only. */
  readonly after: string | null;
  /** A query for the cursor of the stream's end. */
  readonly headQuery: string;
  /** The same operation, going on behind `after`, whose events carry their cursor for {@link takeCursor}. */
  goingOnAfter(after: string): ExecutionArgs;
  /**
   * An event's result as the client has selected it, and the event's cursor; undefined for a result without an event.
   * The given result stays as it is, since other subscribers share it.
   */
  takeCursor(result: ExecutionResult): {
    readonly result: ExecutionResult;
    readonly cursor: string | undefined;
  };
}

/** Looks whether an operation can be resumed by a single cursor. */
export function resumable(args: ExecutionArgs): Resumable | null {
  const operation = getOperationAST(args.document, args.operationName);
  const [field, ...others] = operation?.selectionSet.selections ?? [];
  if (
    operation?.operation !== OperationTypeNode.SUBSCRIPTION ||
    field?.kind !== Kind.FIELD ||
    others.length > 0
  )
    return null;
  const headQuery = HEADS[field.name.value];
  if (headQuery === undefined) return null;
  const key = field.alias?.value ?? field.name.value;
  return {
    after: afterOf(args, operation, field),
    headQuery,
    goingOnAfter: after => ({ ...args, document: replaced(args.document, operation, goingOn(field, after)) }),
    takeCursor(result) {
      const event = result.data?.[key] as Record<string, unknown> | null | undefined;
      if (!event) return { result, cursor: undefined };
      const { [OWN_KEY]: cursor, ...selected } = event;
      return {
        result: { ...result, data: { ...result.data, [key]: selected } },
        cursor: typeof cursor === 'string' ? cursor : undefined,
      };
    },
  };
}

function afterOf(
  { schema, variableValues }: ExecutionArgs,
  operation: OperationDefinitionNode,
  field: FieldNode,
): string | null {
  const definition = schema.getSubscriptionType()?.getFields()[field.name.value];
  const { coerced } = getVariableValues(schema, operation.variableDefinitions ?? [], variableValues ?? {});
  if (!definition || !coerced) return null;
  const after: unknown = getArgumentValues(definition, field, coerced)['after'];
  return typeof after === 'string' ? after : null;
}

function goingOn(field: FieldNode, after: string): FieldNode {
  const argument: ArgumentNode = {
    kind: Kind.ARGUMENT,
    name: { kind: Kind.NAME, value: 'after' },
    value: { kind: Kind.STRING, value: after },
  };
  const cursor: FieldNode = {
    kind: Kind.FIELD,
    alias: { kind: Kind.NAME, value: OWN_KEY },
    name: { kind: Kind.NAME, value: 'cursor' },
  };
  const others = (field.arguments ?? []).filter(({ name }) => name.value !== 'after');
  return {
    ...field,
    arguments: [...others, argument],
    selectionSet: selecting([...(field.selectionSet?.selections ?? []), cursor]),
  };
}

function replaced(
  document: DocumentNode,
  operation: OperationDefinitionNode,
  field: FieldNode,
): DocumentNode {
  const changed = { ...operation, selectionSet: selecting([field]) };
  return { ...document, definitions: document.definitions.map(one => (one === operation ? changed : one)) };
}

const selecting = (selections: SelectionSetNode['selections']): SelectionSetNode => ({
  kind: Kind.SELECTION_SET,
  selections,
});

/** The cursor in the answer to {@link Resumable.headQuery}; empty, from the beginning, while there is no event. */
export function headOf({ data }: ExecutionResult): string {
  const { eventCursor, auditEvents } = (data ?? {}) as {
    eventCursor?: string;
    auditEvents?: { nodes: readonly { cursor: string }[] };
  };
  return eventCursor ?? auditEvents?.nodes[0]?.cursor ?? '';
}
