import {
  getNamedType,
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLInputType,
  type GraphQLSchema,
  isCompositeType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isObjectType,
} from 'graphql';

/** One value that clients may send: an argument, or what lies inside of one, down to what is no object or list. */
export interface InputPlace {
  /** As errors name it: `input.events[0]`. */
  readonly path: string;
  /** The name of its type. */
  readonly type: string;
  readonly isSubscription: boolean;
  /** The operation; what is required beside the value is there. */
  query: string;
  /** The variables that bring a value to this place. */
  variables(value: unknown): Record<string, unknown>;
}

/** What stands where something is required, by its type. */
const SAMPLES: Readonly<Record<string, unknown>> = {
  Boolean: true,
  DateTime: '2026-01-31T12:00:00.000Z',
  Float: 0.5,
  Int: 1,
  JSONObject: {},
};
/** What an input needs beside what its type requires. */
const BESIDE: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  CreateCallInput: { systemPrompt: 'Hello.' },
};

/** Every place of a schema where clients may send a value, of root fields and of all that can be reached from them. */
export function inputPlaces(schema: GraphQLSchema): InputPlace[] {
  const places: InputPlace[] = [];
  const seen = new Set<string>();
  const walk = (typeName: string, around: (selection: string) => string, root: string, depth: number) => {
    const type = schema.getType(typeName);
    if (!isObjectType(type) || seen.has(typeName) || depth > 4) return;
    seen.add(typeName);
    const next: (() => void)[] = [];
    for (const field of Object.values(type.getFields())) {
      places.push(...placesOf(field, around, root));
      const result = getNamedType(field.type).name;
      if (field.args.every(({ type: of, defaultValue }) => !isNonNullType(of) || defaultValue !== undefined))
        next.push(() => walk(result, selection => around(`${field.name} { ${selection} }`), root, depth + 1));
    }
    // Breadth first, so that the shortest way to a type is taken.
    for (const go of next) go();
  };
  for (const root of [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()])
    if (root) walk(root.name, selection => selection, root.name.toLowerCase(), 0);
  return places;
}

function placesOf(
  field: GraphQLField<unknown, unknown>,
  around: (selection: string) => string,
  root: string,
): InputPlace[] {
  const isNeeded = ({ type, defaultValue }: GraphQLArgument) =>
    isNonNullType(type) && defaultValue === undefined;
  return field.args.flatMap(argument =>
    leavesOf(argument.type, [argument.name]).map(({ path, type }) => {
      const used = field.args.filter(other => other === argument || isNeeded(other));
      const declared = used.map(({ name, type: of }) => `$${name}: ${String(of)}`).join(', ');
      const given = used.map(({ name }) => `${name}: $${name}`).join(', ');
      const inner = isCompositeType(getNamedType(field.type)) ? ' { __typename }' : '';
      return {
        path: path
          .map((part, at) => (typeof part === 'number' ? `[${part}]` : at ? `.${part}` : part))
          .join(''),
        type,
        isSubscription: root === 'subscription',
        query: `${root} (${declared}) { ${around(`${field.name}(${given})${inner}`)} }`,
        variables: value =>
          Object.fromEntries(
            used.map(other => [
              other.name,
              other === argument ? placed(other.type, path.slice(1), value) : sample(other.type),
            ]),
          ),
      };
    }),
  );
}

/** The ways to what is no list and no object. Inputs do not hold themselves. */
function leavesOf(
  type: GraphQLInputType,
  path: readonly (string | number)[],
): { path: readonly (string | number)[]; type: string }[] {
  if (isNonNullType(type)) return leavesOf(type.ofType, path);
  if (isListType(type)) return leavesOf(type.ofType, [...path, 0]);
  if (!isInputObjectType(type)) return [{ path, type: type.name }];
  return Object.values(type.getFields()).flatMap(field => leavesOf(field.type, [...path, field.name]));
}

/** A sample with a value at one place. */
function placed(type: GraphQLInputType, path: readonly (string | number)[], value: unknown): unknown {
  if (isNonNullType(type)) return placed(type.ofType, path, value);
  const [first, ...rest] = path;
  if (first === undefined) return value;
  if (isListType(type)) return [placed(type.ofType, rest, value)];
  if (!isInputObjectType(type)) throw new Error(`${type.name} holds nothing`);
  const field = type.getFields()[first];
  if (!field) throw new Error(`${type.name} has no ${first}`);
  return { ...(sample(type) as object), [first]: placed(field.type, rest, value) };
}

function sample(type: GraphQLInputType): unknown {
  if (isNonNullType(type)) return sample(type.ofType);
  if (isListType(type)) return [sample(type.ofType)];
  if (isEnumType(type)) return type.getValues()[0]?.name;
  if (!isInputObjectType(type)) return SAMPLES[type.name] ?? 'text';
  const needed = Object.values(type.getFields()).filter(
    field => isNonNullType(field.type) && field.defaultValue === undefined,
  );
  return {
    ...Object.fromEntries(needed.map(field => [field.name, sample(field.type)])),
    ...BESIDE[type.name],
  };
}
