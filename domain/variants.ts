import { z } from 'zod';
import { words } from './brief-fields.ts';
import { ownMutationsField } from './design.ts';
import { FACTORS } from './mutations.ts';

export const MIN_VARIANTS = 2;
export const MAX_VARIANTS = 50;

const ownVariant = z.strictObject({
  name: words(100).describe('What the variant is called; metrics are matched by it.'),
  prompt: words(4000).describe('The whole prompt, as it goes to the provider.'),
  mutations: ownMutationsField,
});

const RANGE = `${MIN_VARIANTS} to ${MAX_VARIANTS} variants`;
const FEWEST = { error: `at least ${MIN_VARIANTS} (${RANGE})` };
const MOST = { error: `at most ${MAX_VARIANTS} (${RANGE})` };

export const variantsField = z
  .union(
    [
      z.number().int().min(MIN_VARIANTS, FEWEST).max(MAX_VARIANTS, MOST),
      z
        .array(ownVariant)
        .min(MIN_VARIANTS, FEWEST)
        .max(MAX_VARIANTS, MOST)
        .refine((variants) => new Set(variants.map((variant) => variant.name)).size === variants.length, {
          error: 'each name once',
        }),
    ],
    { error: `a whole number from ${MIN_VARIANTS} to ${MAX_VARIANTS}, or a list of { name, prompt }` },
  )
  .describe('How many to plan from the factors, the control included; or the prompts themselves.');

export const factorsField = z
  .partialRecord(z.enum(FACTORS), z.array(words(500)).min(2).max(20))
  .describe(
    "Levels by factor, the control's first: the library's names, or words of your own. Left out: the template's.",
  );

export const minVariantsField = z
  .number()
  .int()
  .min(MIN_VARIANTS)
  .max(MAX_VARIANTS)
  .describe('With how many finished videos the test goes on, should others fail.');

export function variantCount({ variants }: { readonly variants: z.output<typeof variantsField> }): number {
  return typeof variants === 'number' ? variants : variants.length;
}
