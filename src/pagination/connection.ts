import { DomainError } from '../errors/domain-error.js';
import type { CursorValues } from './cursor-codec.js';
import type { ObjectId } from '../mongo/object-id.js';
import { parseObjectId } from '../mongo/object-id.js';

/** What clients ask for. Forward with `first` and `after`; backward, where a field offers it, with `last` and `before`. */
export interface PageArguments {
  readonly first?: number | null | undefined;
  readonly after?: string | null | undefined;
  readonly last?: number | null | undefined;
  readonly before?: string | null | undefined;
}

/** Writes and reads the cursors of a list. */
export interface Cursors {
  write(list: string, values: CursorValues): string;
  read(list: string, cursor: string, argument?: string): CursorValues;
}

/** What a repository runs: one row more than the page, to see whether there is another page. */
export interface PageQuery {
  readonly range: object;
  readonly sort: Record<string, 1 | -1>;
  readonly limit: number;
}

/** One page, as the API gives it. */
export interface Connection<N> {
  readonly edges: { readonly cursor: string; readonly node: N }[];
  readonly nodes: N[];
  readonly pageInfo: {
    /** Looks, where it takes a query, when it is read. */
    readonly hasNextPage: boolean | Promise<boolean>;
    readonly hasPreviousPage: boolean | Promise<boolean>;
    readonly startCursor: string | null;
    readonly endCursor: string | null;
  };
  /** Counts all matches, when it is read: that is, only when the client selects it. */
  readonly totalCount: Promise<number>;
}

/** A list's sort key (a date or a number) and its direction. Ties are broken by `_id` in the same direction. */
export interface ListOrder<D> {
  readonly field: string;
  readonly direction: 1 | -1;
  readonly keyOf: (document: D) => Date | number;
}

/**
 * Pages through a list that an index keeps in order.
 * @param fetch runs the page's query; must add the list's own filter.
 * @throws DomainError BAD_USER_INPUT for a cursor that is forged, of another list or of another tenant.
 */
export async function paginate<D extends { _id: ObjectId }, N>(options: {
  list: string;
  page: PageArguments;
  order: ListOrder<D>;
  cursors: Cursors;
  fetch: (query: PageQuery) => Promise<D[]>;
  count: () => Promise<number>;
  toNode: (document: D) => N;
}): Promise<Connection<N>> {
  const { list, page, order, cursors } = options;
  const isBackward = page.last != null;
  if (isBackward && page.after != null) {
    throw new DomainError('BAD_USER_INPUT', '`last` goes with `before`', {
      fields: { after: 'cannot go with `last`' },
    });
  }
  if (!isBackward && page.before != null) {
    throw new DomainError('BAD_USER_INPUT', '`before` goes with `last`', {
      fields: { before: 'goes with `last`' },
    });
  }
  const size = (isBackward ? page.last : page.first) ?? 20;
  const direction = (isBackward ? -order.direction : order.direction) as 1 | -1;
  const cursor = isBackward ? page.before : page.after;
  const range =
    cursor == null
      ? {}
      : rangeAfter(cursors.read(list, cursor, isBackward ? 'before' : 'after'), order.field, direction);

  const rows = await options.fetch({
    range,
    sort: { [order.field]: direction, _id: direction },
    limit: size + 1,
  });
  const hasMore = rows.length > size;
  const documents = rows.slice(0, size);
  if (isBackward) documents.reverse();
  const valuesOf = (document: D): CursorValues => {
    const key = order.keyOf(document);
    return [key instanceof Date ? key.getTime() : key, document._id.toHexString()];
  };
  const cursorOf = (document: D | undefined): string | null => {
    return document ? cursors.write(list, valuesOf(document)) : null;
  };
  /** Whether there is something on the side of the page that the cursor is on. A list begins at its first page. */
  const hasAnyBehind = async (): Promise<boolean> => {
    if (cursor == null) return false;
    const [nearest] = rows;
    const opposite = -direction as 1 | -1;
    const range = nearest
      ? rangeAfter(valuesOf(nearest), order.field, opposite)
      : { $nor: [rangeAfter(cursors.read(list, cursor), order.field, direction)] };
    return (
      (await options.fetch({ range, sort: { [order.field]: opposite, _id: opposite }, limit: 1 })).length > 0
    );
  };
  // Cursors are signed, which costs more than the rest of a row: only those that are selected are written.
  const edges = documents.map(document => ({
    get cursor() {
      return cursorOf(document) ?? '';
    },
    node: options.toNode(document),
  }));
  return {
    edges,
    nodes: edges.map(edge => edge.node),
    pageInfo: {
      get hasNextPage() {
        return isBackward ? hasAnyBehind() : hasMore;
      },
      get hasPreviousPage() {
        return isBackward ? hasMore : hasAnyBehind();
      },
      get startCursor() {
        return cursorOf(documents[0]);
      },
      get endCursor() {
        return cursorOf(documents.at(-1));
      },
    },
    get totalCount() {
      return options.count();
    },
  };
}

/** What lies behind a key, and among equal keys behind an id; without an id the key alone decides. */
function rangeAfter([key, id]: CursorValues, field: string, direction: 1 | -1): object {
  const operator = direction === 1 ? '$gt' : '$lt';
  const value = field === 'createdAt' || field === 'occurredAt' ? new Date(Number(key)) : key;
  if (id === undefined) return { [field]: { [operator]: value } };
  return {
    $or: [
      { [field]: { [operator]: value } },
      { [field]: value, _id: { [operator]: parseObjectId(String(id)) } },
    ],
  };
}
