import { z } from 'zod';
import { words } from './brief-fields.ts';
import { METRIC_NAMES, RATE_METRIC_NAMES, RATE_METRICS, type RateMetric } from './metrics.ts';

const rate = z.strictObject({
  name: words(100).describe('What the rate is called in reports.'),
  numerator: z.enum(METRIC_NAMES).describe('What is counted.'),
  denominator: z.enum(METRIC_NAMES).describe('For each of what it is counted.'),
});

export const primaryMetricField = z
  .union([z.enum(RATE_METRIC_NAMES).transform((name): RateMetric => RATE_METRICS[name]), rate], {
    error: `one of ${RATE_METRIC_NAMES.join(', ')}, or { name, numerator, denominator }`,
  })
  .describe('What the winner is chosen by: a rate by its name, or one of your own.');
