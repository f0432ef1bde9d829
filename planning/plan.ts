import type { Brief } from '../domain/brief.ts';
import { isFactor, type Mutations, wordingOf } from '../domain/mutations.ts';
import { type Template, templateOf } from '../domain/templates.ts';
import type { VariantPlan } from '../domain/variant-plan.ts';
import { factorsOf, layoutOf } from './layout.ts';

/**
 * What a brief's design makes of it, the control first. The same brief, its seed included, gives the same plan.
 * @throws BriefInvalid when the design can't be had with so many variants of these factors
 */
export function planVariants(brief: Brief): readonly VariantPlan[] {
  if (typeof brief.variants !== 'number') {
    layoutOf(brief);
    return brief.variants.map(({ name, prompt, mutations }, position) => ({
      position,
      name,
      prompt,
      mutations,
    }));
  }
  const template = templateOf(brief.template);
  const control: Mutations = Object.fromEntries(
    factorsOf(brief).map(({ factor, levels }) => [factor, levels[0]]),
  );
  const { factors, runs } = layoutOf(brief);
  return runs.map((run, position) => {
    const mutations: Mutations = Object.fromEntries(
      factors.flatMap(({ factor, levels }, index) => {
        const level = run[index] ?? 0;
        return level === 0 ? [] : [[factor, levels[level]]];
      }),
    );
    return {
      position,
      name: position === 0 ? 'Control' : `Variant ${letters(position)}`,
      prompt: renderPrompt(template, brief, { ...control, ...mutations }),
      mutations,
    };
  });
}

function renderPrompt(template: Template, brief: Brief, levels: Mutations): string {
  const scene = template.skeleton.replaceAll(/\{(product|audience|offer)\}/g, (_, field: string) =>
    field === 'product' ? brief.product : field === 'audience' ? brief.audience : brief.offer,
  );
  const clauses = Object.entries(levels).flatMap(([factor, level]) =>
    isFactor(factor) && level !== undefined ? [wordingOf(factor, level)] : [],
  );
  return [scene, ...clauses].join(' ');
}

/** 1 is B (the control stands for A), 25 is Z, 26 is AA. */
function letters(position: number): string {
  const second = String.fromCharCode(65 + (position % 26));
  return position < 26 ? second : String.fromCharCode(64 + Math.floor(position / 26)) + second;
}
