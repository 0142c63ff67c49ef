/**
 * What fields cost that cost more than the 1 of a usual field, as `complexity` of their decorators. One is what the
 * server does to answer a value that it has read already; the rest is measured by it, roughly.
 */
export const FIELD_COST = {
  /** A field of the schema's own description, which is at hand: two cost what one usual field does. */
  introspected: 0.5,
  /** A text of up to 20,000 characters, or an object of up to 50 texts: it is its length that costs. */
  longText: 10,
  /** A query of its own for each parent. */
  ownQuery: 50,
  /** Something that is counted over many documents. */
  report: 300,
  /** All of a large collection may be read. */
  readAll: 2000,
  /** A transaction, with its event and its audit row. */
  change: 500,
} as const;
