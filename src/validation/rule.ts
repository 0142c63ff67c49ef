import { z } from 'zod';

const rules = new WeakMap<object, Map<string, z.ZodType>>();
/** Put together once: making a schema costs more than using it. */
const schemas = new WeakMap<object, { readonly schema: z.ZodType | null }>();

/** Says what a property of an input class must look like; the value is stored as the rule's parser returns it. */
export function Rule(rule: z.ZodType): PropertyDecorator {
  return (target, property) => {
    const own = rules.get(target) ?? new Map<string, z.ZodType>();
    own.set(String(property), rule);
    rules.set(target, own);
  };
}

/**
 * Says that a property is of an input class of its own, whose rules hold for it. Arguments are checked by their class;
 * what lies inside them is only checked where this says so.
 */
export function Nested(inputClass: { prototype: object }): PropertyDecorator {
  return Rule(rulesOf(inputClass) ?? z.unknown());
}

/** The rules of an input class and of those it extends, as one schema; null for a class without rules. */
export function rulesOf(inputClass: { prototype: object }): z.ZodType | null {
  const known = schemas.get(inputClass) ?? { schema: collect(inputClass) };
  schemas.set(inputClass, known);
  return known.schema;
}

function collect(inputClass: { prototype: object }): z.ZodType | null {
  const found = new Map<string, z.ZodType>();
  for (
    let owner: object | null = inputClass.prototype;
    owner;
    owner = Object.getPrototypeOf(owner) as object | null
  ) {
    for (const [name, rule] of rules.get(owner) ?? []) if (!found.has(name)) found.set(name, rule);
  }
  if (found.size === 0) return null;
  return z.looseObject(Object.fromEntries([...found].map(([name, rule]) => [name, rule.nullish()])));
}
