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
  print,
  type SelectionSetNode,
} from 'graphql';

/** The streams whose events have cursors, each with a query for the cursor of its end. */
const HEADS: Readonly<Record<string, string>> = {
  callEvents: '{ eventCursor }',
  auditEvents: '{ auditEvents(first: 1) { nodes { cursor } } }',
};

/** A subscription of one stream that has cursors; null for every other operation. */
export interface Resumable {
  /** Where the client itself asks to go on from; null when it asks for what comes only. */
  readonly after: string | null;
  /** A query for the cursor of the stream's end. */
  readonly headQuery: string;
  /** The same operation, going on behind `after`. */
  startingAfter(after: string): ExecutionArgs;
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
  if (operation?.operation !== OperationTypeNode.SUBSCRIPTION) return null;
  const field = onlyField(operation.selectionSet, args.document);
  const headQuery = field && HEADS[field.name.value];
  if (!field || headQuery === undefined) return null;
  const ownKey = unusedName(args.document);
  const selectingField = (changed: FieldNode) => ({
    ...args,
    document: replaced(args.document, operation, changed),
  });
  const key = field.alias?.value ?? field.name.value;
  return {
    after: afterOf(args, operation, field),
    headQuery,
    startingAfter: after => selectingField(goingOn(field, after)),
    goingOnAfter: after => selectingField(withCursor(goingOn(field, after), ownKey)),
    takeCursor(result) {
      const event = result.data?.[key] as Record<string, unknown> | null | undefined;
      if (!event) return { result, cursor: undefined };
      const { [ownKey]: cursor, ...selected } = event;
      return {
        result: { ...result, data: { ...result.data, [key]: selected } },
        cursor: typeof cursor === 'string' ? cursor : undefined,
      };
    },
  };
}

/** The one field that is selected, in whatever fragments it stands; undefined where there are several. */
function onlyField({ selections }: SelectionSetNode, document: DocumentNode): FieldNode | undefined {
  const [node, ...others] = selections;
  if (!node || others.length > 0) return undefined;
  if (node.kind === Kind.FIELD) return node;
  if (node.kind === Kind.INLINE_FRAGMENT) return onlyField(node.selectionSet, document);
  const fragment = document.definitions.find(
    one => one.kind === Kind.FRAGMENT_DEFINITION && one.name.value === node.name.value,
  );
  return fragment?.kind === Kind.FRAGMENT_DEFINITION ? onlyField(fragment.selectionSet, document) : undefined;
}

/** A name under which a cursor is asked for beside what the client has selected. */
function unusedName(document: DocumentNode): string {
  const text = print(document);
  let name = 'voho_event_id';
  while (text.includes(name)) name += '_';
  return name;
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
  const others = (field.arguments ?? []).filter(({ name }) => name.value !== 'after');
  return { ...field, arguments: [...others, argument] };
}

function withCursor(field: FieldNode, ownKey: string): FieldNode {
  const cursor: FieldNode = {
    kind: Kind.FIELD,
    alias: { kind: Kind.NAME, value: ownKey },
    name: { kind: Kind.NAME, value: 'cursor' },
  };
  return { ...field, selectionSet: selecting([...(field.selectionSet?.selections ?? []), cursor]) };
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
