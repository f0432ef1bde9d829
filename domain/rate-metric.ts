import { z } from 'zod';
import { METRIC_KINDS, METRIC_NAMES, RATE_METRIC_NAMES, RATE_METRICS, type RateMetric } from './metrics.ts';

const ownRate = z.strictObject({
  name: z
    .string()
    .trim()
    .min(1)
    .max(100)
    .refine((text) => !text.includes('\u0000'), { error: 'text without the character NUL' }),
  numerator: z.enum(METRIC_NAMES),
  denominator: z.enum(METRIC_NAMES),
});

/** What a brief may be decided or guarded by: the name of a common rate, or a rate of its own. */
export const rateMetric = z.union([
  z.enum(RATE_METRIC_NAMES).transform((name): RateMetric => RATE_METRICS[name]),
  ownRate,
]);

/**
 * How a rate is compared. `proportion`: some of so many. `rate`: a count for each dollar or second, which may be above 1.
 * `mean`: an amount for each of so many, whose spread must be known. `unknown`: an amount for an amount, such as revenue
 * for each dollar spent, whose spread no export tells.
 */
export function rateKind({ numerator, denominator }: RateMetric): 'proportion' | 'rate' | 'mean' | 'unknown' {
  const counts = METRIC_KINDS[numerator] === 'count';
  const perCount = METRIC_KINDS[denominator] === 'count';
  if (counts) return perCount ? 'proportion' : 'rate';
  return perCount ? 'mean' : 'unknown';
}
