import { HttpFailure } from './http-reply.js';
import type { Json } from './call-view.js';

/** What names a message in a list: its place in its stage. */
export const messageKey = ({ callStageId, callStageMessageIndex }: Json): string =>
  `${String(callStageId)}:${String(callStageMessageIndex)}`;

const USUAL_PAGE_SIZE = 100;
const LARGEST_PAGE_SIZE = 500;

/** A cursor points behind an item, and keeps its place for the case that the item is deleted meanwhile. */
interface Cursor {
  readonly after: string | null;
  readonly offset: number;
}

/**
 * One page of a list, in the provider's shape: `next` and `previous` are full URLs with a cursor.
 *
 * @param items the whole list in its order
 * @param keyOf what names an item across requests
 * @throws HttpFailure 404 for a bad cursor, as the provider's framework does
 */
export function page<T>(
  url: URL,
  items: readonly T[],
  keyOf: (item: T) => string,
  view: (item: T) => Json,
): Json {
  const size = pageSize(url);
  const cursor = readCursor(url.searchParams.get('cursor'));
  const behind = cursor.after === null ? -1 : items.findIndex(item => keyOf(item) === cursor.after);
  const start = behind === -1 ? Math.min(cursor.offset, items.length) : behind + 1;
  const shown = items.slice(start, start + size);
  const end = start + shown.length;
  const link = (offset: number): string => {
    const before = items[offset - 1];
    return withCursor(url, { after: before === undefined ? null : keyOf(before), offset });
  };
  return {
    next: end < items.length ? link(end) : null,
    previous: start > 0 ? link(Math.max(0, start - size)) : null,
    results: shown.map(view),
    total: items.length,
  };
}

function pageSize(url: URL): number {
  const text = url.searchParams.get('pageSize');
  if (text === null) return USUAL_PAGE_SIZE;
  // Like the provider's framework, a size that is no number falls back to the usual one.
  return /^[1-9]\d*$/.test(text) ? Math.min(Number(text), LARGEST_PAGE_SIZE) : USUAL_PAGE_SIZE;
}

function withCursor(url: URL, { after, offset }: Cursor): string {
  const link = new URL(url);
  link.searchParams.set('cursor', Buffer.from(`${offset}|${after ?? ''}`).toString('base64url'));
  return link.href;
}

function readCursor(text: string | null): Cursor {
  if (text === null) return { after: null, offset: 0 };
  const match = /^(\d{1,9})\|(.*)$/.exec(Buffer.from(text, 'base64url').toString('utf8'));
  if (match === null) throw HttpFailure.of(404, 'Invalid cursor');
  const [, offset = '0', after = ''] = match;
  return { after: after === '' ? null : after, offset: Number(offset) };
}
