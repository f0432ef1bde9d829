import { describe, expect, test } from '@jest/globals';
import { forbiddenIn } from '../../domain/brand.ts';
import { says } from '../../domain/phrase-search.ts';
import { briefWith } from './example-brief.ts';

describe('a text says a phrase', () => {
  test.each([
    ['Cheap thrills!', 'cheap'],
    ['a CHEAP, thrill', 'cheap thrill'],
    ['It kills 99% of germs.', 'kills 99 % of'],
    ['das Öl für alle', 'ÖL'],
    ['ﬁne coffee', 'fine'],
    ['今日は最高のコーヒー', '最高'],
    ['what?!', '?!'],
  ])('%p says %p', (text, phrase) => {
    expect(says(text, phrase)).toBe(true);
  });

  test.each([
    ['start', 'art'],
    ['cheaper', 'cheap'],
    ['thrill cheap', 'cheap thrill'],
    ['100 grams', '100%'],
    ['', 'cheap'],
    ['Ol', 'Öl'],
  ])('%p does not say %p', (text, phrase) => {
    expect(says(text, phrase)).toBe(false);
  });
});

describe("a brand's rules", () => {
  const { brand } = briefWith({
    brand: {
      mustSay: ['Crema'],
      mustNotSay: ['cheap'],
      claims: [{ claim: 'twice as fast' }, { claim: 'half the noise', proof: 'report 7' }],
    },
  });

  test('are kept by a text without what it must not say, and with claims that have proof', () => {
    expect(forbiddenIn('Half the noise. CREMA!', brand)).toEqual([]);
  });

  test('are broken by words that are forbidden or claimed without proof, each told with where its rule stands', () => {
    expect(forbiddenIn('A cheap machine, twice as fast.', brand)).toEqual([
      { why: 'must_not_say', words: 'cheap', path: ['brand', 'mustNotSay', 0] },
      { why: 'unproven_claim', words: 'twice as fast', path: ['brand', 'claims', 0, 'claim'] },
    ]);
  });
});
