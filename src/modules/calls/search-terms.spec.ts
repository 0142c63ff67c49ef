import { describe, expect, it } from '@jest/globals';
import { moreTerms, MOST_TERMS, queryTermsOf, storedTerms, termsOf } from './search-terms.js';

const isFound = (said: string, search: string): boolean => {
  const stored = new Set(storedTerms(said));
  const wanted = queryTermsOf(search);
  return wanted.length > 0 && wanted.every(term => stored.has(term));
};

describe('A search', () => {
  it.each([
    ['今天天气很好', '天气'],
    ['北京大学生', '大学生'],
    ['ラーメンを食べる', 'ラーメン'],
    ['カタカナ', 'ｶﾀｶﾅ'],
    ['서울학교에서', '학교'],
    ['iPhone手机', 'IPHONE 手机'],
    ['ประเทศไทยสวยงาม', 'ไทย'],
    ['ຂອບໃຈ', 'ໃຈ'],
    ['हिन्दी भाषा', 'हिन्दी'],
    ['ශ්‍රී ලංකා', 'ශ්රී'],
    ['don’t', "don't"],
    ['DON＇T', 'don`t'],
    ['l‘homme', 'L’HOMME'],
    ['İstanbul', 'istanbul'],
    ['ISPARTA', 'ısparta'],
    ['Straße', 'STRASSE'],
    ['strasse', 'STRAẞE'],
    ['ΟΔΟΣ', 'οδος'],
    ['ﬁnance oﬀer', 'Finance OFFER'],
    ['ჰელო', 'ᲰᲔᲚᲝ'],
    ['𐐀𐐁', '𐐨𐐩'],
    ['ｆｕｌｌ１２', 'FULL12'],
    ['cafe\u0301', 'café'],
    ['hand\u00adle', 'handle'],
    ['می\u200cخواهم', 'میخواهم'],
    ['well-known', 'known'],
    ['see www.example.com', 'example.com'],
    ['costs 3.14', '3.14'],
    ['wow 👩🏽‍💻', '👩‍💻'],
    ['🇩🇪', '🇩🇪'],
  ])('in %j for %j finds it', (said, search) => {
    expect(isFound(said, search)).toBe(true);
  });

  it.each([
    ['हिन्दी', 'हानि'],
    ['किताब', 'कताब'],
    ['今天天气很好', '今气'],
    ['今天', '明'],
    ['ไทย', 'ไท่ย'],
    ['café', 'cafe'],
    ['3.14', '14'],
    ['🇩🇪', '🇫🇷'],
    ['hello', 'hell'],
    ['hello', '…'],
    ['can’t', 'cant'],
  ])('in %j for %j finds nothing', (said, search) => {
    expect(isFound(said, search)).toBe(false);
  });
});

describe('Terms', () => {
  it('are bounded in number and length, and never end in half of a character', () => {
    const many = Array.from({ length: 12_000 }, (_, index) => index.toString(36)).join(' ');
    expect(termsOf(many).length).toBe(MOST_TERMS);
    expect(storedTerms(many, many).length).toBeLessThanOrEqual(MOST_TERMS + 1);
    const [long = ''] = termsOf('𐐨'.repeat(300));
    expect(Array.from(long).length).toBeLessThanOrEqual(50);
    expect([...termsOf('𐐨'.repeat(300)), ...termsOf('a\ud800b')].every(term => term.isWellFormed())).toBe(
      true,
    );
  });

  // In a time that grows with the square of the length, each of these would take minutes.
  it.each([
    ['many writings', 'The quick brown fox, 今天天气很好, ประเทศไทย. '.repeat(25_000)],
    ['no space', 'é'.repeat(1_000_000)],
    ['marks alone', `a${'\u0301\u0316'.repeat(500_000)}`],
    ['one sign that stands for eighteen', '\ufdfa'.repeat(1_000_000)],
    ['marks that stand behind what is not shown', `a${'\u0301\u00ad\u0316'.repeat(300_000)}`],
  ])('are made of the first 50,000 characters of a megabyte of %s', (_what, said) => {
    expect(termsOf(`first ${said} last`)).toEqual(expect.arrayContaining(['first']));
    expect(termsOf(`first ${said} last`)).not.toContain('last');
  });

  it('of an older server stay marked as such when more is said', () => {
    const mark = storedTerms()[0] ?? '';
    expect(mark).toContain('\u0000');
    expect(moreTerms([], 'hello')).toEqual([mark, 'hello']);
    expect(moreTerms(['old'], 'hello')).toEqual(['old', 'hello']);
    expect(queryTermsOf(mark)).not.toContain(mark);
  });
});
