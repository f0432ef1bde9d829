import { z } from 'zod';
import { isGroupId } from './ids.ts';
import { FACTORS, type Factor } from './mutations.ts';

/** What a brief says of the round before it. */

const text = (most: number) =>
  z
    .string()
    .trim()
    .min(1)
    .max(most)
    .refine((written) => !written.includes('\u0000'), { error: 'text without the character NUL' });

/** The group that a brief follows, and the variant of it that enters as the control: with its stored files, never made again. */
export const parentSchema = z
  .strictObject({
    group: z
      .string()
      .toLowerCase()
      .refine(isGroupId, { error: 'a UUID' })
      .describe('Id of the group that this one follows.'),
    variant: text(100).describe(
      'The variant of it that is the control here: its stored files are used, and never made again.',
    ),
    /** Its prompt, word for word. What the group before has on record stands in for what is left out here. */
    prompt: text(4000)
      .optional()
      .describe('Its prompt, word for word. Left out: as the group before has it on record.'),
    /** What that variant was made of beyond its template. In every variant of the new group, but for the factors that it varies. */
    levels: z
      .partialRecord(z.enum(FACTORS), text(500))
      .default({})
      .describe(
        'What it was made of beyond its template, by factor; in every variant, but for the factors that vary.',
      ),
  })
  .describe('The round before. `screentest next` writes it.');

export type Parent = z.output<typeof parentSchema>;

const EXPLORATION_ALLOWED = 'a share from 0 to 1, such as 0.5 for 50%';

/** Share of the levels under test in a next round that were never tried before. */
export const explorationSchema = z
  .number({ error: EXPLORATION_ALLOWED })
  .min(0, { error: EXPLORATION_ALLOWED })
  .max(1, { error: EXPLORATION_ALLOWED })
  .describe(
    'Share of the levels under test in the next round that were never tried before; for `screentest next`.',
  );

/** Factors whose first level, the control's, is not the one that the control was made with. */
export function strayControlLevels({
  parent,
  factors = {},
}: {
  readonly parent?: Parent | undefined;
  readonly factors?: Readonly<Partial<Record<Factor, readonly string[] | undefined>>> | undefined;
}): readonly { readonly factor: Factor; readonly own: string }[] {
  return FACTORS.flatMap((factor) => {
    const own = parent?.levels[factor];
    const first = factors[factor]?.[0];
    return own === undefined || first === undefined || first === own ? [] : [{ factor, own }];
  });
}
