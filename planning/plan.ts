import { type Brief, BriefInvalid, variantCount } from '../domain/brief.ts';
import { type Factor, isFactor, type Mutations } from '../domain/mutations.ts';
import { factorsOf } from '../domain/templates.ts';
import type { VariantPlan } from '../domain/variant-plan.ts';
import { ownPrompt, promptTextOf } from './prompt-text.ts';

/**
 * One factor at a time against a control: each variant after the first changes exactly one factor, the
 * factors taken in turn so that few variants still touch all of them. The same brief gives the same plan.
 * @throws BriefInvalid when the factors have too few levels for the number of variants asked for.
 */
export function planVariants(brief: Brief): readonly VariantPlan[] {
  if (typeof brief.variants !== 'number') {
    return brief.variants.map(({ name, prompt }, position) => ({
      position,
      name,
      prompt: ownPrompt(brief, name, prompt),
      mutations: {},
    }));
  }
  const factors = factorLevels(brief);
  const changes = singleChanges(factors);
  if (changes.length + 1 < brief.variants) {
    throw new BriefInvalid([
      {
        path: 'variants',
        given: String(brief.variants),
        allowed: `at most ${changes.length + 1}, the control and one for each further level of ${factors.map(([factor]) => factor).join(', ')}; add levels under "factors" for more`,
      },
    ]);
  }
  const control: Mutations = Object.fromEntries(factors.map(([factor, levels]) => [factor, levels[0]]));
  return Array.from({ length: variantCount(brief) }, (_, position) => {
    const mutations: Mutations = position === 0 ? {} : (changes[position - 1] ?? {});
    const name = position === 0 ? 'Control' : `Variant ${letters(position)}`;
    return { position, name, prompt: promptTextOf(brief, name, { ...control, ...mutations }), mutations };
  });
}

type FactorLevels = readonly (readonly [Factor, readonly string[]])[];

function factorLevels(brief: Brief): FactorLevels {
  return Object.entries(factorsOf(brief)).flatMap(([factor, levels]) =>
    isFactor(factor) && levels !== undefined ? [[factor, levels] as const] : [],
  );
}

/** Every single change from the control, the factors taken in turn: hook 2, tone 2, hook 3, tone 3. */
function singleChanges(factors: FactorLevels): Mutations[] {
  const deepest = Math.max(0, ...factors.map(([, levels]) => levels.length));
  const changes: Mutations[] = [];
  for (let depth = 1; depth < deepest; depth++) {
    for (const [factor, levels] of factors) {
      const level = levels[depth];
      if (level !== undefined) changes.push({ [factor]: level });
    }
  }
  return changes;
}

/** 1 is B (the control stands for A), 25 is Z, 26 is AA. */
function letters(position: number): string {
  const second = String.fromCharCode(65 + (position % 26));
  return position < 26 ? second : String.fromCharCode(64 + Math.floor(position / 26)) + second;
}
