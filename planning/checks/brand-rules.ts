import type { Brand } from '../../domain/brand.ts';
import { findPhrase } from '../../domain/phrase-search.ts';
import type { VariantPlan } from '../../domain/variant-plan.ts';
import type { Finding } from './finding.ts';

/** What a brand asks of the words of every prompt. */
export type BrandRules = Pick<Brand, 'mustSay' | 'mustNotSay' | 'claims'>;

/** Prompts that lack what every video says, or say what none may. Another form of forbidden words is for a person to judge. */
export function brandViolations(variants: readonly VariantPlan[], brand: BrandRules): readonly Finding[] {
  return variants.flatMap(({ name, prompt }) => [
    ...brand.mustSay.flatMap((words) => missing(name, prompt, words)),
    ...brand.mustNotSay.flatMap((words) => forbidden(name, prompt, words)),
    ...brand.claims.flatMap(({ claim, proof }) => (proof === undefined ? unproven(name, prompt, claim) : [])),
  ]);
}

function missing(variant: string, prompt: string, words: string): Finding[] {
  const found = findPhrase(prompt, words);
  if (found?.isExact === true) return [];
  return [
    {
      code: 'BRAND_MUST_SAY',
      severity: 'error',
      variants: [variant],
      found: `the prompt lacks "${words}", which every video says${found === undefined ? '' : `; it has "${found.words}"`}`,
      fix: 'put the words into the prompt as they stand under "brand.mustSay"',
    },
  ];
}

function forbidden(variant: string, prompt: string, words: string): Finding[] {
  const found = findPhrase(prompt, words);
  if (found === undefined) return [];
  return [
    {
      code: 'BRAND_MUST_NOT_SAY',
      severity: found.isExact ? 'error' : 'warning',
      variants: [variant],
      found: found.isExact
        ? `the prompt says "${found.words}", which no video may say`
        : `the prompt says "${found.words}", a form of "${words}", which no video may say`,
      fix: 'say it otherwise, or take the words out of "brand.mustNotSay"',
    },
  ];
}

function unproven(variant: string, prompt: string, claim: string): Finding[] {
  const found = findPhrase(prompt, claim);
  if (found === undefined) return [];
  return [
    {
      code: 'BRAND_CLAIM_UNPROVEN',
      severity: found.isExact ? 'error' : 'warning',
      variants: [variant],
      found: `the prompt claims "${found.words}"${found.isExact ? '' : `, a form of "${claim}"`}, and the claim has no proof`,
      fix: 'give the claim its "proof" under "brand.claims", or say it otherwise',
    },
  ];
}
