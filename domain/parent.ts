import { z } from 'zod';
import { words } from './brief-fields.ts';
import { isGroupId } from './ids.ts';
import { FACTORS } from './mutations.ts';

/** What a brief says of the round before it. */

export const parentSchema = z
  .strictObject({
    group: z
      .string()
      .toLowerCase()
      .refine(isGroupId, { error: 'a UUID' })
      .meta({ format: 'uuid' })
      .describe('The group before.'),
    variant: words(100).describe('The name of the variant of it that enters as the control.'),
    prompt: words(4000)
      .optional()
      .describe('Its prompt, word for word. Left out: what the group before has on record.'),
    levels: z
      .partialRecord(z.enum(FACTORS), words(500))
      .default({})
      .describe('What it was made of beyond its template; in every variant, but for factors that vary.'),
  })
  .describe(
    'The group that this one follows, and the variant that enters as the control: with its stored files, never made again.',
  );

export type Parent = z.output<typeof parentSchema>;

const EXPLORATION_ALLOWED = 'a share from 0 to 1, such as 0.5 for 50%';

export const explorationSchema = z
  .number({ error: EXPLORATION_ALLOWED })
  .min(0, { error: EXPLORATION_ALLOWED })
  .max(1, { error: EXPLORATION_ALLOWED })
  .describe('Share of the levels under test in a next round that were never tried before.');
