/**
 * Levels of lists and objects in each other that a client's value may have. MongoDB stores 100 of a document, and what
 * reads a value level by level needs stack for each.
 */
export const MOST_LEVELS = 64;
/** Why a value with more of them is refused, as a sentence without its subject. */
export const TOO_DEEP = `is nested more than ${MOST_LEVELS} levels deep`;

/** Where a value is wrong, and why. */
export interface ValueFault {
  /** As GraphQL writes paths: `input.variables.names[0]`. */
  readonly path: string;
  readonly reason: string;
}

/** A list or an object that is still to be looked at. */
interface Container {
  readonly value: object;
  /** Its place in what it stands in. */
  readonly key: string | number;
  readonly parent: Container | null;
  readonly level: number;
}

/** The longest path that an error repeats: keys are the client's and may be long. */
const LONGEST_PATH = 200;
/** Parts of the path to a value that is nested too deep: the rest of it says nothing. */
const DEEP_PATH_PARTS = 4;

/**
 * What keeps a value, as JSON gives it, from being stored and read back as the same value everywhere; null when nothing
 * does. It looks at every key, text and number inside. Its own work is bounded by the size of the value.
 * @param name what the value is called, as the first part of the path.
 */
export function faultOfValue(value: unknown, name: string): ValueFault | null {
  const own = faultOfScalar(value);
  if (own !== null) return { path: name, reason: own };
  if (typeof value !== 'object' || value === null) return null;
  const open: Container[] = [{ value, key: name, parent: null, level: 1 }];
  for (let container = open.pop(); container; container = open.pop()) {
    const fault = faultInside(container, open);
    if (fault) return fault;
  }
  return null;
}

function faultInside(container: Container, open: Container[]): ValueFault | null {
  if (container.level > MOST_LEVELS) {
    const path = partsOf(container).slice(0, DEEP_PATH_PARTS);
    while (path.length > 1 && typeof path.at(-1) === 'number') path.pop();
    return { path: written(path), reason: TOO_DEEP };
  }
  const isList = Array.isArray(container.value);
  for (const [key, value] of Object.entries(container.value) as [string, unknown][]) {
    const keyFault = isList ? null : faultOfKey(key);
    if (keyFault !== null) return { path: written(partsOf(container)), reason: keyFault };
    const fault = faultOfScalar(value);
    if (fault !== null)
      return { path: written([...partsOf(container), isList ? Number(key) : key]), reason: fault };
    if (typeof value === 'object' && value !== null)
      open.push({ value, key: isList ? Number(key) : key, parent: container, level: container.level + 1 });
  }
  return null;
}

/** Why a text or a number cannot be kept as it is, as a sentence without its subject; null when it can. */
export function faultOfScalar(value: unknown): string | null {
  if (typeof value === 'string' && !value.isWellFormed()) return 'must not hold halves of characters';
  if (typeof value !== 'number') return null;
  // Whoever reads JSON has rounded it by now, or made it infinite.
  return Number.isFinite(value) && (!Number.isInteger(value) || Number.isSafeInteger(value))
    ? null
    : 'is a number that cannot be kept exactly: send it as text';
}

function faultOfKey(key: string): string | null {
  if (!key.isWellFormed()) return 'has a key with half of a character';
  return key.includes('\u0000') ? 'has a key with a NUL character' : null;
}

function partsOf(container: Container): (string | number)[] {
  const parts: (string | number)[] = [];
  for (let at: Container | null = container; at; at = at.parent) parts.unshift(at.key);
  return parts;
}

function written([first = '', ...others]: readonly (string | number)[]): string {
  const path =
    String(first) + others.map(part => (typeof part === 'number' ? `[${part}]` : `.${part}`)).join('');
  return path.length > LONGEST_PATH ? `${path.slice(0, LONGEST_PATH).toWellFormed()}…` : path;
}

/**
 * Keys that mean something to JavaScript or to the database's driver, which would take an object that has them for
 * something else than what it is.
 */
const RESERVED_KEYS = new Set(['__proto__', 'constructor', 'prototype', '_bsontype', 'toBSON', 'toJSON']);

/** Why an object of a client may not have a key, as a sentence without its subject; null when it may. */
export function faultOfStoredKey(key: string): string | null {
  if (RESERVED_KEYS.has(key)) return 'has a reserved name';
  if (key.startsWith('$')) return 'has a name with $ in front: names must not start with $';
  return faultOfKey(key);
}
