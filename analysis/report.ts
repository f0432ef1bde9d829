import type { MetricName } from '../domain/metrics.ts';
import type { Series } from './observations.ts';

/** What a platform reported of one metric of one publication. */
export interface Report extends Omit<Series, 'quantity'> {
  readonly metric: MetricName;
}
