import type { MetricTotal, MetricValue } from '../database/metric-queries.ts';
import { isMetricName, METRIC_NAMES } from '../domain/metrics.ts';
import { table } from './tables.ts';

const NOTHING = 'Nothing was reported. Bring it in with: screentest import <group> <file>';

/** A line for each variant and platform, a column for each metric that was reported. */
export function describeTotals(totals: readonly MetricTotal[]): string {
  if (totals.length === 0) return NOTHING;
  const reported = new Set(totals.map(({ metric }) => metric));
  const others = [...reported].filter((metric) => !isMetricName(metric));
  const metrics = [...METRIC_NAMES.filter((metric) => reported.has(metric)), ...others];
  const lineOf = ({ variant, platform }: MetricTotal) => JSON.stringify([variant, platform]);
  const rows = [...new Set(totals.map(lineOf))].map((name) => {
    const line = totals.filter((total) => lineOf(total) === name);
    const [first] = line;
    const until = Math.max(...line.map(({ lastRecordedAt }) => lastRecordedAt.getTime()));
    const totalOf = (metric: string) => line.find((total) => total.metric === metric)?.total;
    return [
      first?.variant ?? '',
      first?.platform ?? '',
      ...metrics.map((metric) => totalOf(metric)?.toLocaleString('en-US') ?? ''),
      new Date(until).toISOString(),
    ];
  });
  return table(['variant', 'platform', ...metrics, 'until'], rows);
}

export function describeValues(values: readonly MetricValue[]): string {
  if (values.length === 0) return NOTHING;
  return table(
    ['until', 'variant', 'platform', 'metric', 'value', 'unit'],
    values.map(({ recordedAt, variant, platform, metric, value, unit }) => [
      recordedAt.toISOString(),
      variant,
      platform,
      metric,
      value.toLocaleString('en-US'),
      unit ?? '',
    ]),
  );
}
