import type { LiftEvidence, LiftInterval } from './lift-mixture.ts';
import { studentTUpper } from './special-functions/beta.ts';

/** Precision of the effects looked for, in daily standard deviations: of about one. */
const PRECISION = 1;

/** Sums of daily differences: all that the mixture needs of them. */
interface DaySums {
  readonly days: number;
  readonly sum: number;
  readonly squares: number;
}

/**
 * Evidence from one difference a day, whose spread is taken from the days themselves: for tests where an
 * arm has better and worse days of its own, which counts alone would take for a difference. The likelihood ratio of
 * what does not change with the unit, mixed over effects of one sign (the right-Haar t-mixture; Lai 1976, Wang and
 * Ramdas 2025). Days are taken as independent and normal about one mean; arms whose good days come in runs break that.
 */
export function dayLevelEvidence(differences: readonly number[]): LiftEvidence {
  const sums = sumsOf(differences);
  const { days, sum, squares } = sums;
  if (days < 2 || squares === 0) return { logEBetter: 0, logEWorse: 0 };
  const rest = squares - (sum * sum) / (days + PRECISION);
  const twoSided = 0.5 * Math.log(PRECISION / (days + PRECISION)) + 0.5 * days * Math.log(squares / rest);
  const t = sum / Math.sqrt(((days + PRECISION) * rest) / days);
  // Of the posterior of the effect, the part above 0; its log from the smaller tail.
  const above = studentTUpper(-t, days);
  const below = studentTUpper(t, days);
  return {
    logEBetter: twoSided + Math.LN2 + Math.log(above),
    logEWorse: twoSided + Math.LN2 + Math.log(below),
  };
}

/** The mean daily differences that can't be excluded at any look. */
export function dayLevelInterval(differences: readonly number[], alpha: number): LiftInterval {
  const { days, sum, squares } = sumsOf(differences);
  const mean = sum / days;
  const within = Math.max(0, squares - sum * mean);
  const shrink = PRECISION / (days + PRECISION);
  const allowed = Math.exp((-2 / days) * (Math.log(alpha) + 0.5 * Math.log(shrink)));
  const room = 1 - allowed * shrink;
  if (days < 2 || !(room > 0)) return { low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY };
  const half = Math.sqrt(((allowed - 1) * within) / (days * room));
  return { low: mean - half, high: mean + half };
}

function sumsOf(differences: readonly number[]): DaySums {
  let sum = 0;
  let squares = 0;
  for (const difference of differences) {
    sum += difference;
    squares += difference * difference;
  }
  return { days: differences.length, sum, squares };
}
