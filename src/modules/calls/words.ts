/** Words that one call keeps for searching; beyond it, further ones are not found. */
export const MOST_WORDS = 5000;

/** The distinct words of a text as they are searched: lower case, compatibility forms folded, accents kept. */
export function wordsOf(text: string): string[] {
  const words =
    text
      .normalize('NFKC')
      .toLowerCase()
      .match(/[\p{L}\p{N}]+(?:['’-][\p{L}\p{N}]+)*/gu) ?? [];
  return [...new Set(words.map(word => word.slice(0, 50)))].slice(0, MOST_WORDS);
}
