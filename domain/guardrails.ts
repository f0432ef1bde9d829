import { z } from 'zod';
import { rateMetric } from './rate-metric.ts';

const MAX_GUARDRAILS = 10;

const TOLERATED_ALLOWED = 'a share from 0, below 1, such as 0.05 for 5%';

export const guardrails = z
  .array(
    z.strictObject({
      metric: rateMetric.describe('A rate by its name, or one of your own.'),
      worseWhen: z.enum(['higher', 'lower']).describe('In which direction it gets worse.'),
      tolerated: z
        .number({ error: TOLERATED_ALLOWED })
        .refine((share) => share >= 0 && share < 1, { error: TOLERATED_ALLOWED })
        .meta({ minimum: 0, exclusiveMaximum: 1 })
        .default(0)
        .describe('How much worse, relative to the control, is still allowed.'),
    }),
  )
  .max(MAX_GUARDRAILS)
  .default([])
  .refine((all) => new Set(all.map(({ metric }) => metric.name)).size === all.length, {
    error: 'each metric once',
  })
  .describe("What must not get worse than the control's, whoever wins.");
