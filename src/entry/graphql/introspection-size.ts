import {
  type FieldNode,
  type FragmentDefinitionNode,
  getArgumentValues,
  getNamedType,
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLResolveInfo,
  type GraphQLSchema,
  isObjectType,
  Kind,
  SchemaMetaFieldDef,
  type SelectionSetNode,
  TypeMetaFieldDef,
} from 'graphql';

/** How many steps the count may take; what takes more is larger than anything that is allowed. */
const MOST_STEPS = 20_000;

const META_FIELDS: Readonly<Record<string, GraphQLField<unknown, unknown>>> = {
  [SchemaMetaFieldDef.name]: SchemaMetaFieldDef,
  [TypeMetaFieldDef.name]: TypeMetaFieldDef,
};

/** What one selection asks of each object that it is put to. */
interface Plan {
  /** Fields without fields below them. */
  leaves: number;
  readonly fields: { readonly read: (source: unknown) => unknown; readonly plan: Plan }[];
  readonly spreads: Plan[];
}

/** Whether a root field introspects the schema. `__typename` does not. */
export const isIntrospection = ({ name }: FieldNode): boolean => Object.hasOwn(META_FIELDS, name.value);

/**
 * Counts the fields that introspection is answered with. It reads the real schema, so that a list counts as often as it
 * is long and a chain of `ofType` ends where the type does. Each selection is put to each part of the schema once, however
 * often fragments and aliases repeat it.
 */
export class IntrospectionSize {
  private readonly plans = new Map<SelectionSetNode, Plan>();
  private readonly counts = new Map<Plan, Map<object, number>>();
  private steps = 0;

  constructor(
    private readonly schema: GraphQLSchema,
    private readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>,
    private readonly variables: Readonly<Record<string, unknown>>,
  ) {}

  /** How many fields a `__schema` or `__type` and all below it are answered with; Infinity for far too many. */
  of(node: FieldNode): number {
    const field = META_FIELDS[node.name.value];
    const type = field && getNamedType(field.type);
    if (!field || !isObjectType(type) || !node.selectionSet) return 1;
    return 1 + this.below(this.planOf(node.selectionSet, type), this.reader(field, node)(null));
  }

  private planOf(selection: SelectionSetNode, type: GraphQLObjectType): Plan {
    const known = this.plans.get(selection);
    if (known) return known;
    const plan: Plan = { leaves: 0, fields: [], spreads: [] };
    this.plans.set(selection, plan);
    for (const node of selection.selections) {
      switch (node.kind) {
        case Kind.FIELD:
          this.add(node, type, plan);
          break;
        case Kind.INLINE_FRAGMENT:
          plan.spreads.push(this.planOf(node.selectionSet, type));
          break;
        case Kind.FRAGMENT_SPREAD: {
          const fragment = this.fragments.get(node.name.value);
          if (fragment) plan.spreads.push(this.planOf(fragment.selectionSet, type));
        }
      }
    }
    return plan;
  }

  private add(node: FieldNode, type: GraphQLObjectType, plan: Plan): void {
    const field = type.getFields()[node.name.value];
    const below = field && getNamedType(field.type);
    plan.leaves += 1;
    // What introspection calls lists of enum values, such as `locations`, are short.
    if (!field || !node.selectionSet || !isObjectType(below)) return;
    plan.fields.push({ read: this.reader(field, node), plan: this.planOf(node.selectionSet, below) });
  }

  /** Introspection's resolvers look at their source, their arguments and the schema, and at nothing else. */
  private reader(field: GraphQLField<unknown, unknown>, node: FieldNode): (source: unknown) => unknown {
    const values = getArgumentValues(field, node, this.variables);
    const info = { schema: this.schema } as GraphQLResolveInfo;
    return source => field.resolve?.(source, values, null, info);
  }

  /** Fields below a value: one object, a list of them, or nothing. */
  private below(plan: Plan, value: unknown): number {
    if (Array.isArray(value)) {
      if (plan.fields.length === 0 && plan.spreads.length === 0) return plan.leaves * value.length;
      return value.reduce((sum: number, item: unknown) => sum + this.below(plan, item), 0);
    }
    return typeof value === 'object' && value !== null ? this.ofObject(plan, value) : 0;
  }

  private ofObject(plan: Plan, source: object): number {
    const known = this.counts.get(plan) ?? new Map<object, number>();
    const count = known.get(source);
    if (count !== undefined) return count;
    this.steps += 1;
    if (this.steps > MOST_STEPS) return Infinity;
    let sum = plan.leaves;
    for (const spread of plan.spreads) sum += this.ofObject(spread, source);
    for (const { read, plan: below } of plan.fields) {
      if (sum === Infinity) break;
      sum += this.below(below, read(source));
    }
    known.set(source, sum);
    this.counts.set(plan, known);
    return sum;
  }
}
