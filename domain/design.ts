import { z } from 'zod';
import { FACTORS } from './mutations.ts';

/** How the variants of a test are laid out. */
export const DESIGNS = ['isolate', 'factorial', 'diversify', 'manual'] as const;

export type Design = (typeof DESIGNS)[number];

export const designField = z
  .enum(DESIGNS)
  .optional()
  .describe(
    'isolate: each variant changes one factor against the control. factorial: factors are crossed, in full or in a balanced fraction. diversify: whole concepts, as far apart as may be. manual: prompts written by hand. Left out: manual where the variants are a list, else isolate.',
  );

export function designOf(brief: {
  readonly design?: Design | undefined;
  readonly variants: number | readonly unknown[];
}): Design {
  return brief.design ?? (typeof brief.variants === 'number' ? 'isolate' : 'manual');
}

export const seedField = z
  .number()
  .int()
  .min(0)
  .max(4_294_967_295)
  .default(0)
  .describe('Which of several plans that are equally good is taken; the same number gives the same plan.');

export const ownMutationsField = z
  .partialRecord(
    z.enum(FACTORS),
    z
      .string()
      .trim()
      .min(1)
      .max(500)
      .refine((text) => !text.includes('\u0000'), { error: 'text without the character NUL' }),
  )
  .default({})
  .describe('In which factors it differs from the first one, the control: its levels there.');
