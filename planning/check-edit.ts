import type { Brief } from '../domain/brief.ts';
import { BadInput } from '../domain/errors.ts';
import { charactersAdded } from '../domain/renditions.ts';
import type { VariantPlan } from '../domain/variant-plan.ts';
import { checkPlan } from './checks/check-plan.ts';
import { describeFinding } from './checks/finding.ts';
import { roomIn } from './prompt-text.ts';

/**
 * Whether a plan that a person has changed can still be made and tested: the checks of one that was planned, and what
 * planning sees to itself.
 * @param variants those that are left, as they would be ordered; the control first
 * @returns what the checks warn of
 * @throws BadInput when a prompt is too long for the model, fewer are left than the brief asks for, or a check fails
 */
export function checkEdit(brief: Brief, variants: readonly VariantPlan[]): readonly string[] {
  const { minVariants } = brief;
  if (variants.length < minVariants) {
    throw new BadInput({
      code: 'TOO_FEW_VARIANTS',
      given: `${variants.length} variants would be left`,
      allowed: `at least ${minVariants}, as the brief's minVariants says`,
    });
  }
  for (const variant of variants) refuseTooLong(brief, variant);
  const findings = checkPlan(brief, variants);
  const error = findings.find(({ severity }) => severity === 'error');
  if (error === undefined) return findings.map(describeFinding);
  throw new BadInput({
    code: error.code,
    given: `${error.variants.join(' and ')}: ${error.found}`,
    fix: error.fix,
  });
}

function refuseTooLong(brief: Brief, { name, prompt }: VariantPlan): void {
  const { model } = brief.video;
  const added = charactersAdded(brief);
  const room = roomIn(brief);
  if (prompt.length <= room) return;
  throw new BadInput({
    code: 'PROMPT_TOO_LONG',
    given: `The prompt of ${name} has ${prompt.length} characters`,
    allowed: `at most ${room} for ${model}${added === 0 ? '' : `, beside ${added} for the renditions' own lines`}`,
  });
}
