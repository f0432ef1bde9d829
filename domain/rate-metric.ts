import { z } from 'zod';
import { words } from './brief-fields.ts';
import { METRIC_KINDS, METRIC_NAMES, RATE_METRIC_NAMES, RATE_METRICS, type RateMetric } from './metrics.ts';
import { PLATFORMS } from './platforms.ts';

const ownRate = z.strictObject({
  name: words(100).describe('What the rate is called in reports.'),
  numerator: z.enum(METRIC_NAMES).describe('What is counted.'),
  denominator: z.enum(METRIC_NAMES).describe('For each of what it is counted.'),
});

/** What a brief may be decided or guarded by: the name of a common rate, or a rate of its own. */
export const rateMetric = z.union(
  [z.enum(RATE_METRIC_NAMES).transform((name): RateMetric => RATE_METRICS[name]), ownRate],
  { error: `one of ${RATE_METRIC_NAMES.join(', ')}, or { name, numerator, denominator }` },
);

export const primaryMetricOnField = z
  .partialRecord(z.enum(PLATFORMS), rateMetric)
  .describe('What a platform is decided by, where that differs from primaryMetric.');

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
