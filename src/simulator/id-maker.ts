import { createHash, randomUUID } from 'node:crypto';

/**
 * Makes UUIDs: random ones, or with a seed the same ones each time.
 *
 * @param made how many it has made before, in an earlier process
 */
export function idMaker(seed: string | undefined, made: number): () => string {
  if (seed === undefined) return randomUUID;
  let count = made;
  return () => {
    count += 1;
    return uuidOf(`${seed}:${count}`);
  };
}

/** The UUID (in the form of version 4) that belongs to a text. */
export function uuidOf(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex');
  const third = `4${hex.slice(13, 16)}`;
  return [hex.slice(0, 8), hex.slice(8, 12), third, `a${hex.slice(17, 20)}`, hex.slice(20, 32)].join('-');
}
