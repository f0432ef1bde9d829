/**
 * What platforms report. A count can be added up over days; a share or a price can't, so only counts
 * and money enter an analysis and the others are kept for people to read. The squares are those of single amounts (of each
 * order, of each view), summed: without them nobody knows how much a mean varies.
 */
export const METRIC_KINDS = {
  impressions: 'count',
  reach: 'count',
  views: 'count',
  clicks: 'count',
  conversions: 'count',
  likes: 'count',
  comments: 'count',
  shares: 'count',
  saves: 'count',
  follows: 'count',
  watch_seconds: 'seconds',
  spend: 'money',
  revenue: 'money',
  watch_seconds_squares: 'squares',
  revenue_squares: 'squares',
} as const satisfies Record<string, 'count' | 'seconds' | 'money' | 'squares'>;

export type MetricName = keyof typeof METRIC_KINDS;

export const METRIC_NAMES = Object.keys(METRIC_KINDS).filter(isMetricName);

export function isMetricName(name: string): name is MetricName {
  return Object.hasOwn(METRIC_KINDS, name);
}

/** The seed's words for `variant_performance.metric_unit`, and one for what it has none for. */
export function metricUnit(name: MetricName): 'count' | 'seconds' | 'dollars' | 'squares' {
  const kind = METRIC_KINDS[name];
  return kind === 'money' ? 'dollars' : kind;
}

/** The sum of squares that belongs to an amount; undefined for what is none. */
export function squaresOf(name: MetricName): MetricName | undefined {
  return METRIC_NAMES.find((other) => METRIC_KINDS[other] === 'squares' && other === `${name}_squares`);
}

/** A rate a test can be decided on: so many of the numerator for each of the denominator. */
export interface RateMetric {
  readonly name: string;
  readonly numerator: MetricName;
  readonly denominator: MetricName;
}

export const RATE_METRICS = {
  conversion_rate: { name: 'conversion_rate', numerator: 'conversions', denominator: 'impressions' },
  click_through_rate: { name: 'click_through_rate', numerator: 'clicks', denominator: 'impressions' },
  view_rate: { name: 'view_rate', numerator: 'views', denominator: 'impressions' },
  click_to_conversion_rate: {
    name: 'click_to_conversion_rate',
    numerator: 'conversions',
    denominator: 'clicks',
  },
} as const satisfies Record<string, RateMetric>;

export type RateMetricName = keyof typeof RATE_METRICS;

export const RATE_METRIC_NAMES = Object.values(RATE_METRICS).map((metric) => metric.name);
