/** What the synthesiser needs to know of a syllable. */
export interface Syllable {
  /** The first three formants of its vowel in hertz, those of an adult man. */
  readonly formants: readonly [number, number, number];
  readonly consonant: boolean;
  readonly endsWord: boolean;
}

/** Nobody speaks faster than this for long. */
const MOST_PER_SECOND = 7;

const FORMANTS: Readonly<Record<string, readonly [number, number, number]>> = {
  a: [730, 1090, 2440],
  e: [530, 1840, 2480],
  i: [270, 2290, 3010],
  o: [570, 840, 2410],
  u: [300, 870, 2240],
};
const NEUTRAL = [500, 1500, 2500] as const;

/** The syllables of a text, as many as fit into the time; a text without letters still has one. */
export function syllablesOf(text: string, seconds: number): Syllable[] {
  const all = text.toLowerCase().split(/\s+/u).flatMap(syllablesOfWord);
  const room = Math.max(1, Math.round(seconds * MOST_PER_SECOND));
  const count = Math.min(room, Math.max(1, all.length));
  return Array.from({ length: count }, (_, index) => {
    const found = all[Math.floor((index * all.length) / count)];
    return found ?? { formants: NEUTRAL, consonant: false, endsWord: true };
  });
}

function syllablesOfWord(word: string): Syllable[] {
  const groups = [...word.matchAll(/([^aeiouy]*)([aeiouy]+|$)/gu)].filter(([whole]) => whole !== '');
  return groups.map(([, before = '', vowel = ''], index) => ({
    formants: FORMANTS[vowel.charAt(0).replace('y', 'i')] ?? NEUTRAL,
    consonant: before !== '',
    endsWord: index === groups.length - 1,
  }));
}
