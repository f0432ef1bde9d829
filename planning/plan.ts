import type { Brief } from '../domain/brief.ts';
import { controlLevels } from '../domain/changes.ts';
import type { Mutations } from '../domain/mutations.ts';
import type { VariantPlan } from '../domain/variant-plan.ts';
import { withOwnControl } from './control.ts';
import type { Layout } from './designs/runs.ts';
import { layoutOf } from './layout.ts';
import { ownPrompt, promptTextOf } from './prompt-text.ts';
import type { Wording } from './wording.ts';

/**
 * What a brief's design makes of it, the control first. The same brief, its seed included, gives the same plan.
 * @param wording what a writer wrote for levels, instead of the library's words
 * @throws BriefInvalid when the design can't be had with so many variants of these factors, or a prompt can't be made
 */
export function planVariants(brief: Brief, wording?: Wording): readonly VariantPlan[] {
  return variantsIn(brief, layoutOf(brief), wording);
}

/** The variants of a layout that the brief's design has made. @throws BriefInvalid for a prompt that can't be had */
export function variantsIn(brief: Brief, layout: Layout, wording?: Wording): readonly VariantPlan[] {
  return withOwnControl(brief, plannedIn(brief, layout, wording));
}

function plannedIn(brief: Brief, { factors, runs }: Layout, wording?: Wording): readonly VariantPlan[] {
  if (typeof brief.variants !== 'number') {
    return brief.variants.map(({ name, prompt, mutations }, position) => ({
      position,
      name,
      prompt: ownPrompt(brief, name, prompt),
      mutations,
    }));
  }
  const control = controlLevels(brief);
  return runs.map((run, position) => {
    const mutations: Mutations = Object.fromEntries(
      factors.flatMap(({ factor, levels }, index) => {
        const level = run[index] ?? 0;
        return level === 0 ? [] : [[factor, levels[level]]];
      }),
    );
    const name = position === 0 ? 'Control' : `Variant ${letters(position)}`;
    const prompt = promptTextOf(brief, name, { ...control, ...mutations }, wording);
    return { position, name, prompt, mutations };
  });
}

/** 1 is B (the control stands for A), 25 is Z, 26 is AA. */
function letters(position: number): string {
  const second = String.fromCharCode(65 + (position % 26));
  return position < 26 ? second : String.fromCharCode(64 + Math.floor(position / 26)) + second;
}
