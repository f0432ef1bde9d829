import type { Brief } from '../domain/brief.ts';
import type { VariantPlan } from '../domain/variant-plan.ts';

/** A control that comes from the round before keeps the prompt that its video was made from, word for word. */
export function withOwnControl(brief: Brief, plan: readonly VariantPlan[]): readonly VariantPlan[] {
  const prompt = brief.parent?.prompt;
  if (prompt === undefined) return plan;
  return plan.map((variant) => (variant.position === 0 ? { ...variant, prompt } : variant));
}
