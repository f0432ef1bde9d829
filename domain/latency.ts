/** How long queries take, as counts in buckets: what workers measure, alerts read, and percentiles come from. */

/** Seconds. The seed's own targets are bounds, so that a percentile is known to be under them, and not interpolated. */
export const QUERY_BOUNDS: readonly number[] = [
  0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
];

/** How many fell into each bucket, by its upper bound. */
export type BucketCounts = readonly (readonly [upperBound: number, count: number])[];

/**
 * The upper bound of the bucket that holds the quantile: at most so long took that share of them. Infinite above the
 * last bound; undefined of nothing.
 * @param quantile above 0, up to 1
 */
export function quantileBound(counts: BucketCounts, quantile: number): number | undefined {
  const ordered = counts.toSorted(([a], [b]) => a - b);
  const total = ordered.reduce((sum, [, count]) => sum + count, 0);
  if (total === 0) return undefined;
  let seen = 0;
  for (const [bound, count] of ordered) {
    seen += count;
    if (seen >= total * quantile) return bound;
  }
  return Number.POSITIVE_INFINITY;
}
