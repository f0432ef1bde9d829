import { exchanged } from './exchange.ts';
import {
  areDistinct,
  type DesignFactor,
  distance,
  gridSize,
  type Layout,
  levelCounts,
  type Run,
} from './runs.ts';

/** A pair that shares one factor more weighs as much as eight that don't: nearly all that counts is the nearest pair. */
const STEEPNESS = 8;

/**
 * Whole concepts as far apart as may be: of the sets of runs that a seeded exchange finds, the one whose nearest pair differs
 * in the most factors (maximin distance, Johnson, Moore and Ylvisaker 1990), with the fewest such pairs.
 * @param runs at most as many as there are combinations
 * @param isPossible whether a run's levels can be in one video; where the exchange finds no set without those that can't,
 * it is in one with them
 */
export function diversify(
  factors: readonly DesignFactor[],
  runs: number,
  seed: number,
  isPossible: (run: Run) => boolean = () => true,
): Layout {
  const counts = levelCounts(factors);
  const found = exchanged({
    counts,
    runs,
    seed,
    weights: counts.map(() => 1),
    penalty: (coincidence) => STEEPNESS ** coincidence,
  });
  const distinct = found.filter(areDistinct);
  const possible = distinct.filter((tried) => tried.every(isPossible));
  const [first = [], ...others] = possible.length > 0 ? possible : distinct;
  const farthest = others.reduce((best, tried) => (isFarther(tried, best) ? tried : best), first);
  return {
    factors,
    runs: farthest,
    construction: `maximin-distance exchange, ${runs} of ${gridSize(counts)} combinations`,
  };
}

function isFarther(one: readonly Run[], other: readonly Run[]): boolean {
  const [a, b] = [nearest(one), nearest(other)];
  return a.least > b.least || (a.least === b.least && a.pairs < b.pairs);
}

function nearest(runs: readonly Run[]): { least: number; pairs: number } {
  const distances = runs.flatMap((run, i) => runs.slice(i + 1).map((other) => distance(run, other)));
  const least = Math.min(...distances);
  return { least, pairs: distances.filter((one) => one === least).length };
}
