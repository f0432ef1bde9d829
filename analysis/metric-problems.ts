import type { Brief } from '../domain/brief.ts';
import type { RateMetric } from '../domain/metrics.ts';
import { rateKind } from '../domain/rate-metric.ts';
import type { Series } from './observations.ts';
import type { AnalysedMetric, DataProblem } from './verdict.ts';

/** Metrics that no verdict can rest on. */
export function metricProblems({ primaryMetric, primaryMetricOn, guardrails }: Brief): DataProblem[] {
  const own = Object.entries(primaryMetricOn);
  const named: (readonly [string, RateMetric])[] = [
    ['the primary metric', primaryMetric],
    ...own.map(([platform, metric]) => [`the primary metric on ${platform}`, metric] as const),
    ...guardrails.map(({ metric }) => ['the guardrail', metric] as const),
  ];
  const bad = (found: string): DataProblem => ({ code: 'bad_rule', found });
  return [
    ...named
      .filter(([, metric]) => rateKind(metric) === 'unknown')
      .map(([what, { name, numerator, denominator }]) =>
        bad(
          `${what} ${name} is ${numerator} for each of ${denominator}: no report tells how much that varies`,
        ),
      ),
    ...own
      .filter(([, metric]) => rateKind(metric) !== rateKind(primaryMetric))
      .map(([platform, metric]) =>
        bad(
          `${metric.name} on ${platform} is a ${rateKind(metric)}, and ${primaryMetric.name} a ${rateKind(primaryMetric)}`,
        ),
      ),
  ];
}

/** Amounts without their squares: with where one first comes. */
export function spreadProblems(
  series: readonly Series[],
  { kind, numerator }: AnalysedMetric,
): DataProblem[] {
  if (kind !== 'mean') return [];
  const known = new Set(
    series.flatMap(({ quantity, publicationId }) => (quantity === 'sum_of_squares' ? [publicationId] : [])),
  );
  const without = series.find(
    ({ quantity, publicationId }) => quantity === 'conversions' && !known.has(publicationId),
  );
  if (without === undefined) return [];
  const { armId: variantId, platform, publication, days } = without;
  const day = days[0] ?? '';
  const found = `${publication} on ${platform}, ${day}: ${numerator} without the sums of their squares, so that nobody knows how much they vary`;
  return [{ code: 'no_spread', found, variantId, platform, day }];
}
