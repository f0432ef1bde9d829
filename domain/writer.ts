import { z } from 'zod';
import { isUsd, USD_ALLOWED } from './money.ts';

/** A language model that words the levels; it never judges a variant. */

const BUDGET_ALLOWED = `${USD_ALLOWED}, and no more than the worker's TEXT_BUDGET_USD`;

export const writerSchema = z
  .strictObject({
    /** False: the library's words, and no language model is asked. */
    enabled: z.boolean({ error: 'true or false' }).default(false),
    /** How it is to sound, in free words: `dry and precise`. */
    tone: z
      .string()
      .trim()
      .min(1)
      .max(300)
      .refine((text) => !text.includes('\u0000'), { error: 'text without the character NUL' })
      .optional(),
    /** Levels that the brief has in words of its own are worded anew too; otherwise they stay as they are written. */
    rewritesOwnWords: z.boolean({ error: 'true or false' }).default(false),
    /** What the writing may cost, in US dollars; left out, all that the worker's setting allows. */
    budgetUsd: z
      .number({ error: BUDGET_ALLOWED })
      .refine((usd) => isUsd(usd), { error: BUDGET_ALLOWED })
      .optional(),
  })
  .prefault({});

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
