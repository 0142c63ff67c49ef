/** One variable as it is spoken: a label in words and its values, each verbatim. */
export interface SpokenValue {
  readonly label: string;
  readonly values: readonly string[];
}

/**
 * The variables of an initial state in their order. Nested objects are opened, arrays of scalars stay together,
 * and what nobody can say (null, blank text, empty containers) is left out.
 */
export function spokenValues(state: Readonly<Record<string, unknown>>): SpokenValue[] {
  return Object.entries(state).flatMap(([key, value]) => open(words(key), value));
}

function open(label: string, value: unknown): SpokenValue[] {
  if (Array.isArray(value)) {
    const items: unknown[] = value;
    const scalars = items.flatMap(scalar);
    const nested = items.filter(item => typeof item === 'object' && item !== null);
    const own = scalars.length === 0 ? [] : [{ label, values: scalars }];
    return [...own, ...nested.flatMap(item => open(label, item))];
  }
  if (typeof value === 'object' && value !== null) {
    return Object.entries(value).flatMap(([key, inner]) => open(`${label} ${words(key)}`, inner));
  }
  return scalar(value).map(text => ({ label, values: [text] }));
}

function scalar(value: unknown): string[] {
  if (typeof value === 'string') return value.trim() === '' ? [] : [value];
  return typeof value === 'number' || typeof value === 'boolean' ? [String(value)] : [];
}

/** `customerName` and `customer_name` become `customer name`. */
function words(key: string): string {
  return key
    .replace(/([\p{Ll}\d])(\p{Lu})/gu, '$1 $2')
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim()
    .toLowerCase();
}

/** A clause that says one variable: `the city is Graz`. */
export function clause({ label, values }: SpokenValue): string {
  const name = label === '' ? 'note' : label;
  return values.length === 1 ? `the ${name} is ${values.join('')}` : `the ${name} are ${enumerate(values)}`;
}

/** `a`, `a and b`, `a, b and c`. */
export function enumerate(parts: readonly string[]): string {
  const last = parts.at(-1) ?? '';
  return parts.length < 2 ? last : `${parts.slice(0, -1).join(', ')} and ${last}`;
}
