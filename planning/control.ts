import type { Brief } from '../domain/brief.ts';
import type { Mutations } from '../domain/mutations.ts';
import type { VariantPlan } from '../domain/variant-plan.ts';
import { designFactors } from './layout.ts';

/** What the control is made of: the first level of every factor, and what the winner before it brought along. */
export function controlLevels(brief: Brief): Mutations {
  const first = designFactors(brief).map(({ factor, levels }) => [factor, levels[0]] as const);
  return { ...Object.fromEntries(first), ...brief.parent?.levels };
}

/** A control that comes from the round before keeps the prompt that its video was made from, word for word. */
export function withOwnControl(brief: Brief, plan: readonly VariantPlan[]): readonly VariantPlan[] {
  const prompt = brief.parent?.prompt;
  if (prompt === undefined) return plan;
  return plan.map((variant) => (variant.position === 0 ? { ...variant, prompt } : variant));
}
