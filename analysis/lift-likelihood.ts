import { entry } from './special-functions/array-entry.ts';
import type { ArmColumn } from './stratum-table.ts';

/** The conditional log likelihood ratio of a log lift against none, with its first two derivatives. */
export interface LikelihoodAt {
  value: number;
  slope: number;
  curvature: number;
}

/**
 * What the counts of two arms say about a log lift of the first over the second that all strata share. Given a
 * stratum's total c, the first arm's part is Bin(c, w) without a difference, w its share of the exposures, and
 * under a log lift t its odds are exp(t) times those; totals that a platform steers by drop out.
 */
export interface LiftLikelihood {
  /** Conversions of both arms in the strata where both were shown. */
  readonly conversions: number;
  /** The first arm's part of them. */
  readonly own: number;
  /** Fisher information on the log lift where there is none: the sum of c w (1 - w). */
  readonly information: number;
  /** First arm's conversions less what is expected of it without a difference. */
  readonly score: number;
  /** The log likelihood ratio and its derivatives at a log lift; `out` is overwritten and returned. */
  at(logLift: number, out: LikelihoodAt): LikelihoodAt;
}

/** Terms of the expansion: c log(1 - w + w exp(t)) in powers of w about its mean. */
const TERMS = 12;
/** Absolute, in the log likelihood ratio. */
const PRECISION = 1e-8;
/** Log lifts beyond this are so rare that the sum itself is taken. */
const FURTHEST_EXPANDED = 1;

type CountColumn = Pick<ArmColumn, 'exposures' | 'conversions'>;

/**
 * Of the first arm against the second, over the strata that `among` lists. The sum over strata of
 * c log(1 - w + w exp(t)) is expanded in powers of w about its mean: the powers' sums are taken once and serve every t,
 * which makes 50 arms with 450 strata a matter of milliseconds. For log lifts so far out, or shares so uneven, that the
 * expansion would be off by more than 1e-8, the sum itself is taken.
 */
export function liftLikelihood(
  first: CountColumn,
  second: CountColumn,
  among: readonly number[],
): LiftLikelihood {
  let conversions = 0;
  let own = 0;
  let expected = 0;
  for (const s of among) {
    const n1 = entry(first.exposures, s);
    const n2 = entry(second.exposures, s);
    if (!(n1 > 0 && n2 > 0)) continue;
    const c1 = entry(first.conversions, s);
    const c = c1 + entry(second.conversions, s);
    conversions += c;
    own += c1;
    expected += (c * n1) / (n1 + n2);
  }
  const mean = conversions > 0 ? expected / conversions : 0.5;
  const moments = new Float64Array(TERMS + 1);
  let furthest = 0;
  for (const s of among) {
    const n1 = entry(first.exposures, s);
    const n2 = entry(second.exposures, s);
    const c = entry(first.conversions, s) + entry(second.conversions, s);
    if (!(n1 > 0 && n2 > 0 && c > 0)) continue;
    const distance = n1 / (n1 + n2) - mean;
    furthest = Math.max(furthest, Math.abs(distance));
    let power = c * distance;
    for (let k = 2; k <= TERMS; k++) {
      power *= distance;
      moments[k] = entry(moments, k) + power;
    }
  }
  const expandedTo = reach(conversions, furthest);

  function expanded(logLift: number, out: LikelihoodAt): LikelihoodAt {
    const growth = Math.exp(logLift);
    const z = Math.expm1(logLift);
    const scale = 1 / (1 + mean * z);
    const u = z * scale;
    let sum = conversions * Math.log1p(mean * z);
    let slope = conversions * mean * scale;
    let bend = -conversions * mean * mean * scale * scale;
    const first2 = scale * scale;
    let power = 1; // u^(k - 2)
    for (let k = 2; k <= TERMS; k++) {
      const m = k % 2 === 0 ? -entry(moments, k) : entry(moments, k);
      sum += (m * power * u * u) / k;
      slope += m * power * u * first2;
      bend += m * power * ((k - 1) * first2 * first2 - 2 * mean * u * first2 * scale);
      power *= u;
    }
    out.value = logLift * own - sum;
    out.slope = own - growth * slope;
    out.curvature = -growth * (slope + growth * bend);
    return out;
  }

  function summed(logLift: number, out: LikelihoodAt): LikelihoodAt {
    const growth = Math.exp(logLift);
    const z = Math.expm1(logLift);
    let sum = 0;
    let slope = 0;
    let curvature = 0;
    for (const s of among) {
      const n1 = entry(first.exposures, s);
      const n2 = entry(second.exposures, s);
      if (!(n1 > 0 && n2 > 0)) continue;
      const c = entry(first.conversions, s) + entry(second.conversions, s);
      const w = n1 / (n1 + n2);
      sum += c * (logLift > 1 ? logLift + Math.log(w + (1 - w) / growth) : Math.log1p(w * z));
      const tilted = w / (w + (1 - w) / growth);
      slope += c * tilted;
      curvature += c * tilted * (1 - tilted);
    }
    out.value = logLift * own - sum;
    out.slope = own - slope;
    out.curvature = -curvature;
    return out;
  }

  return {
    conversions,
    own,
    information: conversions * mean * (1 - mean) - entry(moments, 2),
    score: own - expected,
    at: (logLift, out) => (Math.abs(logLift) <= expandedTo ? expanded : summed)(logLift, out),
  };
}

/** Log lifts for which the remainder of the expansion, c (distance u)^13 / 13 at most, is below the precision; u as in `expanded`. */
function reach(conversions: number, furthest: number): number {
  if (furthest < 1e-12) return FURTHEST_EXPANDED;
  const u = (PRECISION / Math.max(1, conversions)) ** (1 / (TERMS + 1)) / furthest;
  // Whatever the mean share, |u| is at most exp(|t|) - 1.
  return Math.min(FURTHEST_EXPANDED, Math.log1p(u));
}
