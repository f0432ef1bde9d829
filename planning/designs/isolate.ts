import { type DesignFactor, type Layout, levelCounts, type Run } from './runs.ts';

/** How many variants one change at a time gives: the control, and one for each further level. */
export function isolateSize(factors: readonly DesignFactor[]): number {
  return levelCounts(factors).reduce((sum, count) => sum + count - 1, 1);
}

/**
 * The control, then one changed factor in each variant, the factors taken in turn so that few variants still touch all of
 * them: hook 2, tone 2, hook 3, tone 3.
 * @param runs at most `isolateSize`
 */
export function isolate(factors: readonly DesignFactor[], runs: number): Layout {
  const counts = levelCounts(factors);
  const deepest = Math.max(1, ...counts);
  const changes = Array.from({ length: deepest - 1 }, (_, i) => i + 1).flatMap((level) =>
    counts.flatMap((count, factor): Run[] =>
      level < count ? [counts.map((__, other) => (other === factor ? level : 0))] : [],
    ),
  );
  return {
    factors,
    runs: [counts.map(() => 0), ...changes].slice(0, runs),
    construction: 'one factor at a time',
  };
}
