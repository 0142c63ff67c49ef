/** The words of a text, each with the white space after it, so that joining them gives the text again. */
export function wordsOf(text: string): string[] {
  return text.match(/^\s+|\S+\s*/gu) ?? [];
}

/** The part of an utterance that was said after a share (0 to 1) of its time; always at least one word. */
export function spokenPart(text: string, share: number): string {
  const words = wordsOf(text);
  const count = Math.max(1, Math.floor(words.length * Math.min(1, share)));
  return words.slice(0, count).join('').trimEnd();
}
