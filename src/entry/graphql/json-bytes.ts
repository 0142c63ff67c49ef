/** What JSON writes otherwise than it stands in a text: quotes, backslashes, control characters and lone surrogates. */
const ESCAPED = /["\\\u0000-\u001f\ud800-\udfff]/;

/**
 * The bytes of a value as JSON in UTF-8. The value is walked and not written, so that one of any size takes no memory.
 * Counting ends as soon as there are more than `most`.
 * @returns the exact number up to `most`, and some larger number beyond it.
 */
export function jsonBytes(value: unknown, most: number): number {
  let bytes = 0;
  const open: unknown[] = [value];
  while (open.length > 0 && bytes <= most) {
    const next = open.pop();
    if (typeof next === 'string') bytes += textBytes(next, most);
    else if (typeof next !== 'object' || next === null) bytes += JSON.stringify(next).length;
    else if (hasOwnJson(next)) open.push(next.toJSON());
    else if (Array.isArray(next)) {
      // Brackets, and a comma between two items.
      bytes += 2 + Math.max(0, next.length - 1);
      // What JSON cannot write is null in a list.
      for (const item of next) open.push(isWritten(item) ? item : null);
    } else {
      const entries = Object.entries(next).filter(([, member]) => isWritten(member));
      bytes += 2 + Math.max(0, entries.length - 1);
      for (const [key, member] of entries) {
        bytes += textBytes(key, most) + 1;
        open.push(member);
      }
    }
  }
  return bytes;
}

const isWritten = (value: unknown): boolean =>
  value !== undefined && typeof value !== 'function' && typeof value !== 'symbol';

const hasOwnJson = (value: object): value is { toJSON(): unknown } =>
  typeof (value as { toJSON?: unknown }).toJSON === 'function';

function textBytes(text: string, most: number): number {
  // No text has fewer bytes than characters.
  if (text.length > most) return text.length;
  return ESCAPED.test(text) ? Buffer.byteLength(JSON.stringify(text)) : Buffer.byteLength(text) + 2;
}
