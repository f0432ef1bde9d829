import { standardArray } from './arrays.ts';
import { exchanged } from './exchange.ts';
import { dEfficiency } from './properties.ts';
import { type DesignFactor, gridSize, type Layout, levelCounts, type Run } from './runs.ts';

/** How many variants a factorial of these factors may have. */
export interface FactorialRange {
  /** Every level in two videos, and one video more than there are effects: less could claim nothing. */
  readonly least: number;
  /** Every combination once. */
  readonly most: number;
}

/** Undefined where there are no two factors to cross. */
export function factorialRange(factors: readonly DesignFactor[]): FactorialRange | undefined {
  if (factors.length < 2) return undefined;
  const counts = levelCounts(factors);
  const effects = counts.reduce((sum, count) => sum + count - 1, 1);
  return { least: Math.max(effects + 1, 2 * Math.max(...counts)), most: gridSize(counts) };
}

/**
 * Factors crossed so that each level meets the others' levels equally often, or nearly: by a standard construction where
 * there is one of this size, else the most D-efficient of what a seeded exchange finds.
 * @param runs within the range of these factors
 */
export function factorial(factors: readonly DesignFactor[], runs: number, seed: number): Layout {
  const counts = levelCounts(factors);
  const standard = standardArray(counts, runs);
  if (standard !== undefined) return { factors, ...standard };
  return {
    factors,
    runs: mostEfficient(counts, runs, seed),
    construction: `D-optimal exchange, ${runs} of ${gridSize(counts)} combinations`,
  };
}

function mostEfficient(counts: readonly number[], runs: number, seed: number): readonly Run[] {
  const all = counts.reduce((sum, count) => sum + count, 0);
  const same = 2 * all ** 2 * runs ** 2;
  const found = exchanged({
    counts,
    runs,
    seed,
    // With a level's weight its factor's number of levels, the sum of squares is least for orthogonal arrays (Xu 2002).
    weights: counts,
    penalty: (coincidence) => coincidence ** 2 + (coincidence === all ? same : 0),
  });
  return found.reduce<{ runs: readonly Run[]; efficiency: number }>(
    (best, tried) => {
      const efficiency =
        new Set(tried.map((run) => run.join())).size < runs ? -1 : dEfficiency(tried, counts);
      return efficiency > best.efficiency + 1e-9 ? { runs: tried, efficiency } : best;
    },
    { runs: [], efficiency: -2 },
  ).runs;
}

/**
 * Of factors that nobody insists on, the first ones at as few levels as so many videos can judge: half as many factors as
 * videos at two levels each leave every effect clear of the factors' interactions in pairs.
 */
export function factorsFor(factors: readonly DesignFactor[], runs: number): readonly DesignFactor[] {
  const fewest = Math.ceil(Math.log2(Math.max(2, runs)));
  const chosen = factors.slice(0, Math.max(2, fewest, Math.floor(runs / 2)));
  const counts = chosen.map(() => 2);
  while (gridSize(counts) < runs) {
    const spare = counts
      .map((count, i) => ({ count, i }))
      .filter(({ count, i }) => count < (chosen[i]?.levels.length ?? 0));
    const [next] = spare.sort((one, other) => one.count - other.count);
    if (next === undefined) break;
    counts[next.i] = next.count + 1;
  }
  return chosen.map(({ factor, levels }, i) => ({ factor, levels: levels.slice(0, counts[i]) }));
}
