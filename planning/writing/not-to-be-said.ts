import { findPhrase } from '../../domain/phrase-search.ts';
import type { BrandRules } from '../checks/brand-rules.ts';

/** What no text may say: forbidden words, and claims without a proof. */
export function notToBeSaid({ mustNotSay, claims }: BrandRules): readonly string[] {
  return [...mustNotSay, ...claims.flatMap(({ claim, proof }) => (proof === undefined ? [claim] : []))];
}

/** Of that, what a text says, in whatever form: nobody reads it before it is used, so no form is let pass. */
export function saidInAnyForm(text: string, rules: BrandRules): readonly string[] {
  return notToBeSaid(rules).filter((words) => findPhrase(text, words) !== undefined);
}
