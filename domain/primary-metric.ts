import { z } from 'zod';
import { words } from './brief-fields.ts';
import { METRIC_NAMES, RATE_METRIC_NAMES, RATE_METRICS, type RateMetric } from './metrics.ts';

const rate = z.strictObject({
  name: words(100),
  numerator: z.enum(METRIC_NAMES),
  denominator: z.enum(METRIC_NAMES),
});

/** A rate by its name, or one of the person's own. */
export const primaryMetricField = z.union([
  z.enum(RATE_METRIC_NAMES).transform((name): RateMetric => RATE_METRICS[name]),
  rate,
]);
