import { describe, expect, test } from '@jest/globals';
import { brandViolations, forbiddenIn } from '../../domain/brand.ts';
import { says } from '../../domain/phrases.ts';
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

  test('are kept by a prompt with its words, and with claims that have proof', () => {
    expect(brandViolations('Half the noise. CREMA!', brand)).toEqual([]);
  });

  test('are broken by words that are missing, forbidden, or claimed without proof, each told with its rule', () => {
    expect(brandViolations('A cheap machine, twice as fast.', brand)).toEqual([
      { rule: 'must_say', words: 'Crema', path: ['mustSay', 0] },
      { rule: 'must_not_say', words: 'cheap', path: ['mustNotSay', 0] },
      { rule: 'unproven_claim', words: 'twice as fast', path: ['claims', 0, 'claim'] },
    ]);
    expect(forbiddenIn('A quiet machine', brand)).toEqual([]);
  });
});
