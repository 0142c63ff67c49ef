import { registerEnumType } from '@nestjs/graphql';

/** Registers a list of names as a GraphQL enum and returns the object that fields refer to. */
export function enumOf<const N extends readonly string[]>(
  name: string,
  values: N,
  description: string,
): { readonly [K in N[number]]: K } {
  const object = Object.fromEntries(values.map(value => [value, value])) as { [K in N[number]]: K };
  registerEnumType(object, { name, description });
  return object;
}
