import { chiSquareUpper } from './special-functions/gamma.ts';

/** One platform's counts of two arms. */
export interface PairTable {
  readonly converted: readonly [number, number];
  readonly others: readonly [number, number];
}

export interface PooledOdds {
  /** First arm's odds over the second's, pooled over platforms; infinite or null where the tables don't say. */
  readonly ratio: number | null;
  /** Robins, Breslow and Greenland's standard error of its logarithm; null with the ratio. */
  readonly logError: number | null;
  /** Cochran-Mantel-Haenszel chi-square with continuity correction, and its p-value; null where no table has anything to say. */
  readonly chiSquare: number | null;
  readonly pValue: number | null;
  /** Breslow and Day's test that the odds ratio is one and the same on all platforms; null for fewer than two platforms that say something. */
  readonly heterogeneity: {
    readonly chiSquare: number;
    readonly degrees: number;
    readonly pValue: number;
  } | null;
}

/** Two arms over several platforms, each compared within itself (Mantel and Haenszel 1959). */
export function mantelHaenszel(tables: readonly PairTable[]): PooledOdds {
  let r = 0;
  let s = 0;
  let pr = 0;
  let psqr = 0;
  let qs = 0;
  let difference = 0;
  let variance = 0;
  for (const { converted, others } of tables) {
    const [a, b] = converted;
    const [c, d] = others;
    const n = a + b + c + d;
    if (!(n > 1)) continue;
    const right = (a * d) / n;
    const left = (b * c) / n;
    const p = (a + d) / n;
    const q = (b + c) / n;
    r += right;
    s += left;
    pr += p * right;
    psqr += p * left + q * right;
    qs += q * left;
    difference += a - ((a + b) * (a + c)) / n;
    variance += ((a + b) * (c + d) * (a + c) * (b + d)) / (n * n * (n - 1));
  }
  const hasRatio = r > 0 && s > 0;
  const ratio = hasRatio ? r / s : null;
  const logError = hasRatio ? Math.sqrt(pr / (2 * r * r) + psqr / (2 * r * s) + qs / (2 * s * s)) : null;
  const chiSquare = variance > 0 ? Math.max(0, Math.abs(difference) - 0.5) ** 2 / variance : null;
  return {
    ratio,
    logError,
    chiSquare,
    pValue: chiSquare === null ? null : chiSquareUpper(chiSquare, 1),
    heterogeneity: ratio === null ? null : breslowDay(tables, ratio),
  };
}

function breslowDay(tables: readonly PairTable[], ratio: number): PooledOdds['heterogeneity'] {
  let chiSquare = 0;
  let informative = 0;
  for (const { converted, others } of tables) {
    const [a, b] = converted;
    const [c, d] = others;
    const conversions = a + b;
    const first = a + c;
    const n = conversions + c + d;
    if (!(conversions > 0 && c + d > 0 && first > 0 && b + d > 0)) continue;
    const expected = expectedUnder(ratio, conversions, first, n);
    const cells = [expected, conversions - expected, first - expected, n - conversions - first + expected];
    const inverse = cells.reduce((sum, cell) => sum + 1 / cell, 0);
    if (!Number.isFinite(inverse) || !(inverse > 0)) continue;
    chiSquare += (a - expected) ** 2 * inverse;
    informative += 1;
  }
  const degrees = informative - 1;
  return degrees < 1 ? null : { chiSquare, degrees, pValue: chiSquareUpper(chiSquare, degrees) };
}

/** The first arm's conversions that make a table with these margins have this odds ratio. */
function expectedUnder(ratio: number, conversions: number, first: number, n: number): number {
  const least = Math.max(0, conversions + first - n);
  const most = Math.min(conversions, first);
  if (Math.abs(ratio - 1) < 1e-12) return (conversions * first) / n;
  const b = ratio * (conversions + first) + n - conversions - first;
  const root = Math.sqrt(Math.max(0, b * b - 4 * (ratio - 1) * ratio * conversions * first));
  // Of the two forms of the root the one that subtracts nothing nearly equal.
  const expected = (2 * ratio * conversions * first) / (b + root);
  return Math.min(most, Math.max(least, expected));
}
