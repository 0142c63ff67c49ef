import { normalForm } from '../../validation/normal-form.js';

/** Terms that one call keeps for searching; beyond it, further ones are not found. */
export const MOST_TERMS = 10_000;
/**
 * Stands in front of the terms of a call, and is none itself: no text has it. Servers of the version before replace
 * the terms of a call by their own words, without it; so it tells which calls are to be looked through again.
 */
const MADE_BY = '\u0000terms 1';
/** Characters of a term; longer words are found by their beginnings of this length. */
const LONGEST_TERM = 50;

/** Characters of one text that are looked at, as they were said and as they are compared; what follows is not found. */
const MOST_CHARACTERS = 50_000;

const segmenter = new Intl.Segmenter('und', { granularity: 'word' });

/** Apostrophes of all keyboards, accents that stand alone, and the letter that Unicode has for them. */
const APOSTROPHES = /[\u2018\u2019\u201b\u02bc\u02bb\u02b9\u2032\u0060\u00b4\u05f3\ua78c]/g;
/** Where a line may break inside a word of Thai or Khmer. */
const ZERO_WIDTH_SPACE = /\u200b/g;
/** What is not shown: soft hyphens, joiners, variation selectors, marks of direction. */
const NOT_SHOWN = /\p{Default_Ignorable_Code_Point}/gu;
/** A dot, colon or underscore that joins words, as in host names; between digits it is part of a number. */
const JOINED_BY = /(?<!\p{N})[.:_]+|[.:_]+(?!\p{N})/u;
/** A character with its marks of Chinese, Japanese and Korean, where two in a row tell what was said. */
const WIDE_SET = /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Hangul}\p{sc=Bopomofo}\u30fc]\p{M}*/u;
/** The same of alphabets that are written without spaces, where it takes three. */
const ALPHABETIC = /[\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Myanmar}]\p{M}*/u;
/** Writing without spaces: people search for parts of what stands together, whatever a dictionary takes for its words. */
const RUNS = new RegExp(`((?:${WIDE_SET.source})+|(?:${ALPHABETIC.source})+)`, 'u');
const WIDE_UNITS = new RegExp(WIDE_SET.source, 'gu');
const ALPHABETIC_UNITS = new RegExp(ALPHABETIC.source, 'gu');
/** What stands between spaces, cut where there are none for long. */
const PIECES = /\S{1,200}/gu;
/** A piece that is one word: most are. */
const PLAIN = /^[a-z\d]+$/;
/** Signs that say something by themselves. */
const PICTURE = /\p{RI}\p{RI}|\p{Extended_Pictographic}/gu;

/**
 * The distinct terms of a text that was said: what a search for any of its words, or for a part of what is written
 * without spaces, asks for. At most {@link MOST_TERMS}.
 */
export const termsOf = (text: string): string[] => termsBy(text, partsSaid);

/** The distinct terms that a search asks for, all of which must have been said. Made by the same rules as {@link termsOf}. */
export const queryTermsOf = (text: string): string[] => termsBy(text, partsWanted);

/** What a call stores of texts that were said in it. */
export const storedTerms = (...texts: readonly string[]): string[] => moreTerms([MADE_BY], ...texts);

/** What a call stores once more was said; those of an older server stay marked as such. */
export function moreTerms(stored: readonly string[], ...texts: readonly string[]): string[] {
  const known = new Set(stored.length === 0 ? [MADE_BY] : stored);
  for (const text of texts) for (const term of termsOf(text)) known.add(term);
  return [...known].slice(0, MOST_TERMS + 1);
}

/** Matches the terms of calls that were stored by another tokenizer than this one. */
export const MADE_OTHERWISE = { $ne: MADE_BY };

/** Which parts of a run without spaces are kept, given its characters and how many in a row tell what was said. */
type Parts = (units: readonly string[], most: number) => string[];

/** Every part that a search may ask for. */
const partsSaid: Parts = (units, most) =>
  Array.from({ length: most }, (_, index) => inRow(units, index + 1)).flat();

/** The longest parts: those inside them add nothing. */
const partsWanted: Parts = (units, most) => inRow(units, Math.min(most, units.length));

const inRow = (units: readonly string[], count: number): string[] =>
  units.slice(count - 1).map((_, index) => units.slice(index, index + count).join(''));

function termsBy(text: string, parts: Parts): string[] {
  const terms = new Set<string>();
  // Every second piece is a run.
  for (const [index, piece] of folded(text).split(RUNS).entries()) {
    for (const term of index % 2 ? partsOfRun(piece, parts) : wordsOf(piece)) {
      if (terms.size === MOST_TERMS) return [...terms];
      terms.add(bounded(term));
    }
  }
  return [...terms];
}

function partsOfRun(run: string, parts: Parts): string[] {
  const wide = run.match(WIDE_UNITS);
  return wide ? parts(wide, 2) : parts(run.match(ALPHABETIC_UNITS) ?? [], 3);
}

/** The words of writing with spaces, and pictures. */
function* wordsOf(text: string): Generator<string> {
  // Piece by piece: the segmenter takes time by the square of a text's length.
  for (const piece of text.match(PIECES) ?? []) {
    if (PLAIN.test(piece)) yield piece;
    else
      for (const { segment, isWordLike } of segmenter.segment(piece)) {
        if (!isWordLike) yield* segment.match(PICTURE) ?? [];
        else yield* segment.split(JOINED_BY).filter(word => /[\p{L}\p{N}]/u.test(word));
      }
  }
}

/**
 * A text as it is compared: compatibility forms, case and apostrophes make no difference, accents and vowel signs do.
 * Upper case is the wider fold (ß is SS there), lower case what ends it; the dot of İ and the form of σ at a word's end
 * are what the two leave different.
 */
function folded(text: string): string {
  const shown = normalForm(text.slice(0, MOST_CHARACTERS).toWellFormed(), 'NFKC')
    // One character may become eighteen.
    .slice(0, MOST_CHARACTERS)
    .replace(ZERO_WIDTH_SPACE, ' ')
    .replace(NOT_SHOWN, '')
    .toLowerCase()
    .toUpperCase()
    .toLowerCase()
    .replaceAll('i\u0307', 'i')
    .replaceAll('ς', 'σ');
  return normalForm(shown, 'NFKC').replace(APOSTROPHES, "'");
}

const bounded = (term: string): string =>
  term.length <= LONGEST_TERM ? term : Array.from(term).slice(0, LONGEST_TERM).join('');
