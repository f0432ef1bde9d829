import type { Brief } from '../domain/brief.ts';
import { BadInput } from '../domain/errors.ts';
import { charactersAdded } from '../domain/renditions.ts';
import type { VariantPlan } from '../domain/variant-plan.ts';
import { promptLimitOf } from '../domain/video-models.ts';

/**
 * Whether a plan that a person has changed can still be made and tested.
 * @param variants those that are left, as they would be ordered; the control first
 * @throws BadInput when a prompt is too long for the model, two are the same, or fewer are left than the brief asks for
 */
export function checkEdit(brief: Brief, variants: readonly VariantPlan[]): void {
  const { minVariants, video } = brief;
  if (variants.length < minVariants) {
    throw new BadInput({
      code: 'TOO_FEW_VARIANTS',
      given: `${variants.length} variants would be left`,
      allowed: `at least ${minVariants}, as the brief's minVariants says`,
    });
  }
  const added = charactersAdded(brief);
  const room = promptLimitOf(video.model) - added;
  const byPrompt = new Map<string, string>();
  for (const { name, prompt } of variants) {
    if (prompt.length > room) {
      throw new BadInput({
        code: 'PROMPT_TOO_LONG',
        given: `The prompt of ${name} has ${prompt.length} characters`,
        allowed: `at most ${room} for ${video.model}${added === 0 ? '' : `, beside ${added} for the renditions' own lines`}`,
      });
    }
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
