import { BadInput } from '../domain/errors.ts';
import type { VariantPlan } from '../domain/variant-plan.ts';

/**
 * Whether a plan that a person has changed can still be tested.
 * @param variants those that are left, as they would be ordered; the control first
 * @throws BadInput when two would show the same, or fewer are left than the brief asks for
 */
export function checkEdit(variants: readonly VariantPlan[], minVariants: number): void {
  if (variants.length < minVariants) {
    throw new BadInput({
      code: 'TOO_FEW_VARIANTS',
      given: `${variants.length} variants would be left`,
      allowed: `at least ${minVariants}, as the brief's minVariants says`,
    });
  }
  const byPrompt = new Map<string, string>();
  for (const { name, prompt } of variants) {
    const text = prompt.toLowerCase().replaceAll(/\s+/g, ' ').trim();
    const twin = byPrompt.get(text);
    if (twin !== undefined) {
      throw new BadInput({
        code: 'PROMPT_DUPLICATE',
        given: `${twin} and ${name} would have the same prompt`,
        allowed: 'a prompt of its own for every variant: two with the same one differ by nothing but chance',
      });
    }
    byPrompt.set(text, name);
  }
}
