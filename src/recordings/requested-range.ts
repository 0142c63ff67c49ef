import type { ByteRange } from './recording-store.js';

/** One `first-last`, `first-` or `-length` of a range header. */
const SPEC = /^(?:(\d+)-(\d*)|-(\d+))$/;

/**
 * The one part that a Range header asks for (RFC 9110, 14.1.2), for a file of `size` bytes. A part that is longer than
 * the file ends where the file ends, from whichever side it is counted.
 * @returns null where the header counts as absent: another unit, no valid range, or several of them;
 * 'unsatisfiable' for a part that lies behind the end or is empty.
 */
export function requestedRange(header: string | undefined, size: number): ByteRange | 'unsatisfiable' | null {
  const [, list] = /^bytes=(.*)$/i.exec(header?.trim() ?? '') ?? [];
  // Empty members of a list count as absent.
  const specs = (list ?? '')
    .split(',')
    .map(spec => spec.trim())
    .filter(spec => spec !== '');
  const [spec] = specs;
  if (spec === undefined || specs.length > 1) return null;
  const [matched, first, last, length] = SPEC.exec(spec) ?? [];
  if (matched === undefined) return null;
  if (first === undefined) {
    const start = Math.max(0, size - Number(length));
    return start < size ? { start, end: size - 1 } : 'unsatisfiable';
  }
  const start = Number(first);
  const end = last === undefined || last === '' ? Infinity : Number(last);
  if (end < start) return null;
  return start < size ? { start, end: Math.min(end, size - 1) } : 'unsatisfiable';
}
