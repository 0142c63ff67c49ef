import {
  type GraphQLArgument,
  type GraphQLInputField,
  type GraphQLInputType,
  getNamedType,
  getNullableType,
  isEnumType,
  isInputObjectType,
  isListType,
  isRequiredArgument,
} from 'graphql';
import type { RootField } from './document.js';
import type { Side } from './seat.js';

/** What everybody of the doctor's tenants signs in with: no secret, since they hold nothing. */
export const PASSWORD = 'a doctor without borders';

/** What a value names that belongs to somebody. */
export type Naming = 'id' | 'cursor' | 'token' | 'email' | 'subdomain';

/** A place for a value among the arguments of a root field. */
export interface Slot {
  readonly path: string;
  readonly type: GraphQLInputType;
  readonly isRequired: boolean;
  /** Those are the places that attacks fill; null: it names nothing. */
  readonly naming: Naming | null;
}

/** All places for values among arguments, at any depth. */
export function slotsOf(
  args: readonly (GraphQLArgument | GraphQLInputField)[],
  above = '',
  isAboveRequired = true,
): Slot[] {
  return args.flatMap(argument => {
    const path = above === '' ? argument.name : `${above}.${argument.name}`;
    const isRequired = isAboveRequired && isRequiredArgument(argument);
    const nullable = getNullableType(argument.type);
    if (isInputObjectType(nullable)) return slotsOf(Object.values(nullable.getFields()), path, isRequired);
    return [{ path, type: argument.type, isRequired, naming: namingOf(argument) }];
  });
}

function namingOf({ name, type }: { name: string; type: GraphQLInputType }): Naming | null {
  const named = getNamedType(type).name;
  if (named === 'ID') return 'id';
  if (named !== 'String') return null;
  if (/^(after|before)$|cursor$/i.test(name)) return 'cursor';
  if (/token$/i.test(name)) return 'token';
  if (/email$/i.test(name)) return 'email';
  return /subdomain$/i.test(name) ? 'subdomain' : null;
}

/** What a slot may hold for its owner, the likeliest first. Several are tried when the server finds one wrong. */
export function choicesFor(slot: Slot, field: RootField, side: Side): readonly unknown[] {
  const type = getNamedType(slot.type);
  const isList = isListType(getNullableType(slot.type));
  if (isEnumType(type)) {
    const names = type.getValues().map(({ name }) => name);
    return isList ? [names, ...names.map(name => [name])] : names;
  }
  const values = singleChoices(slot, field, side);
  return isList ? values.map(value => [value]) : values;
}

function singleChoices(slot: Slot, field: RootField, side: Side): readonly unknown[] {
  const name = slot.path.split('.').at(-1) ?? '';
  switch (slot.naming) {
    case 'id':
      return side.belongings.idsFor(`${name} ${field.name}`);
    case 'cursor':
      return field.type === 'Subscription' ? [''] : [side.belongings.cursorFor(field.name)];
    case 'token':
      return [side.belongings.token(field.name)];
    case 'email':
      return [`${side.canary()}@people.example`];
    case 'subdomain':
      return [side.subdomain];
    case null:
      return plainChoices(name, getNamedType(slot.type).name, side);
  }
}

/** Texts that hold the canary, each in one of the forms that are asked for; and moments and numbers. */
function plainChoices(name: string, type: string, side: Side): readonly unknown[] {
  switch (type) {
    case 'Boolean':
      return [true, false];
    case 'Int':
    case 'Float':
      return name === 'version' ? [1] : [600, 60, 10, 1];
    case 'DateTime': {
      const moments = [-86_400_000, 86_400_000].map(offset => new Date(Date.now() + offset).toISOString());
      return /^(from|since|after)|After$/.test(name) ? moments : moments.reverse();
    }
    case 'JSONObject':
      return [{ word: side.canary() }];
    default: {
      if (/password$/i.test(name)) return [PASSWORD];
      const canary = side.canary();
      const address = `https://${canary}.example/path`;
      const others = ['de', '#112233', '+41445550100', new Date().toISOString().slice(0, 7), 'UTC'];
      return /url$/i.test(name) ? [address, canary] : [canary, address, ...others];
    }
  }
}

/** Values by the slots that they are for. */
export type Values = ReadonlyMap<Slot, unknown>;

/** Puts values into the arguments that hold their slots; what has to be an object is one, if an empty one. */
export function assemble({ field }: RootField, values: Values): Record<string, unknown> {
  const objects = field.args.filter(
    argument => isRequiredArgument(argument) && isInputObjectType(getNullableType(argument.type)),
  );
  const args: Record<string, unknown> = Object.fromEntries(objects.map(({ name }) => [name, {}]));
  for (const [{ path }, value] of values) {
    const steps = path.split('.');
    let place = args;
    for (const step of steps.slice(0, -1)) place = (place[step] ??= {}) as Record<string, unknown>;
    place[steps.at(-1) ?? ''] = value;
  }
  return args;
}
