/** Marks in a row that a character may have; the longest in any language has about ten. */
const MOST_MARKS = 30;
const SURPLUS_MARKS = new RegExp(`(\\p{M}{${MOST_MARKS}})\\p{M}+`, 'gu');

/**
 * A text in one of Unicode's normal forms, for comparing. Marks beyond thirty in a row are left out: Unicode's algorithm
 * sorts them, in a time that grows with the square of their number (UAX #15, section 13, Stream-Safe Text Format).
 */
export const normalForm = (text: string, form: 'NFC' | 'NFKC'): string =>
  text.replace(SURPLUS_MARKS, '$1').normalize(form);
