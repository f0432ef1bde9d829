import type { Brief } from '../../domain/brief.ts';

/** What a brand wants said and not said. */
export interface BrandRules {
  readonly mustSay: readonly string[];
  readonly mustNotSay: readonly string[];
}

export function brandRulesOf(_: Brief): BrandRules {
  return { mustSay: [], mustNotSay: [] };
}

/** Of what a brand must not say, what a text says. */
export function forbiddenIn(text: string, { mustNotSay }: BrandRules): readonly string[] {
  return mustNotSay.filter((words) => says(text, words));
}

/**
 * Whether a text has these words in it, whatever stands between them and however they are capitalised or accented: not
 * inside of longer ones, so that "ad" is not found in "bread".
 */
function says(text: string, words: string): boolean {
  const wanted = plain(words);
  return wanted !== '' && ` ${plain(text)} `.includes(` ${wanted} `);
}

/** Nothing but letters and digits, with one space between two words. */
export function plain(text: string): string {
  return text
    .normalize('NFKD')
    .replaceAll(/\p{Mark}/gu, '')
    .toLowerCase()
    .replaceAll(/[^\p{Letter}\p{Number}]+/gu, ' ')
    .trim();
}
