import { z } from 'zod';
import { words } from './brief-fields.ts';
import { isUsd, USD_ALLOWED } from './money.ts';

/** A language model that words the levels; it never judges a variant. */

const BUDGET_ALLOWED = `${USD_ALLOWED}, and no more than the worker's TEXT_BUDGET_USD`;

export const writerSchema = z
  .strictObject({
    enabled: z
      .boolean({ error: 'true or false' })
      .default(false)
      .describe("Whether it is asked. Otherwise levels have the library's words."),
    tone: words(300).optional().describe('How it is to sound, in free words: dry and precise.'),
    rewritesOwnWords: z
      .boolean({ error: 'true or false' })
      .default(false)
      .describe(
        'Whether levels that the brief has in words of its own are worded anew, too; otherwise they stay as written.',
      ),
    budgetUsd: z
      .number({ error: BUDGET_ALLOWED })
      .refine((usd) => isUsd(usd), { error: BUDGET_ALLOWED })
      .meta({ minimum: 0 })
      .optional()
      .describe("What the writing may cost, in US dollars. Left out: all that the worker's setting allows."),
  })
  .prefault({})
  .describe('A language model that words the levels; it never judges a variant.');

/** What came of asking for words: as a workflow carries it from the one who wrote to the plan, and a record keeps it. */
export const writingSchema = z.object({
  /** What a level is called (`factor/level`), and the text that was written for it. */
  wording: z.array(z.tuple([z.string(), z.string()])).readonly(),
  /** Why levels have the library's words instead, a sentence each. */
  warnings: z.array(z.string()).readonly(),
  /** Which model; undefined where none was asked. */
  model: z.string().optional(),
  costMicroUsd: z.number().int().min(0),
});

export type Writing = z.output<typeof writingSchema>;
