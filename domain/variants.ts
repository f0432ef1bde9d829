import { z } from 'zod';
import { words } from './brief-fields.ts';
import { ownMutationsField } from './design.ts';
import { FACTORS } from './mutations.ts';

export const MIN_VARIANTS = 2;
export const MAX_VARIANTS = 50;

const ownVariant = z.strictObject({
  name: words(100),
  /** The whole prompt, as it goes to the provider. */
  prompt: words(4000),
  mutations: ownMutationsField,
});

/** How many to plan from the factors, the control included; or the prompts themselves. */
export const variantsField = z.union([
  z.number().int().min(MIN_VARIANTS).max(MAX_VARIANTS),
  z
    .array(ownVariant)
    .min(MIN_VARIANTS)
    .max(MAX_VARIANTS)
    .refine((variants) => new Set(variants.map((variant) => variant.name)).size === variants.length, {
      error: 'each name once',
    }),
]);

/** Levels by factor, the control's first. Left out: the template's own. */
export const factorsField = z.partialRecord(z.enum(FACTORS), z.array(words(500)).min(2).max(20));

/** How many of them are enough to go on with. */
export const minVariantsField = z.number().int().min(MIN_VARIANTS).max(MAX_VARIANTS);

export function variantCount({ variants }: { readonly variants: z.output<typeof variantsField> }): number {
  return typeof variants === 'number' ? variants : variants.length;
}
