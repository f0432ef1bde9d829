import { scaledErfc } from './special-functions/error-function.ts';

/**
 * Mixtures for sums of (nearly) normal differences (Howard, Ramdas, McAuliffe and Sekhon 2021, section 3.2): of a
 * score s with variance v, likelihood ratios exp(t s - t^2 v / 2) are mixed over t ~ N(0, 1 / rho). Without a
 * difference each passes 1/alpha, at any time, with probability alpha at most.
 */

/** The rho under which the two-sided bound is narrowest at variance v. */
export function bestRho(v: number, alpha: number): number {
  const log = -2 * Math.log(alpha);
  return v / (log + Math.log1p(log));
}

/** log E against no difference, in either direction. */
export function logTwoSidedMixture(s: number, v: number, rho: number): number {
  return 0.5 * Math.log(rho / (v + rho)) + (s * s) / (2 * (v + rho));
}

/** log E against "no greater": mixed over positive t alone. */
export function logOneSidedMixture(s: number, v: number, rho: number): number {
  return Math.LN2 + logTwoSidedMixture(s, v, rho) + logNormalLower(s / Math.sqrt(v + rho));
}

/** |s| that the two-sided mixture allows at variance v. */
export function twoSidedBound(v: number, rho: number, alpha: number): number {
  return Math.sqrt((v + rho) * (Math.log((v + rho) / rho) - 2 * Math.log(alpha)));
}

/**
 * Standard errors to each side of an estimate that cover what it estimates at all looks together: the asymptotic
 * confidence sequence of Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas 2021 (arXiv 2103.06476, eq. 9).
 * @param n observations so far, > 0
 * @param narrowestAt observations at which the interval is to be narrowest, > 0
 */
export function asymptoticWidth(n: number, narrowestAt: number, alpha: number): number {
  const rho = bestRho(narrowestAt, alpha);
  return twoSidedBound(n, rho, alpha) / Math.sqrt(n);
}

/** log of the standard normal distribution function, without underflow. */
function logNormalLower(x: number): number {
  if (x > -1) return Math.log1p(-0.5 * Math.exp(-0.5 * x * x) * scaledErfcOf(x));
  return Math.log(0.5 * scaledErfc(-x / Math.SQRT2)) - 0.5 * x * x;
}

/** exp(x^2 / 2) erfc(x / sqrt 2), for x > -1. */
function scaledErfcOf(x: number): number {
  if (x >= 0) return scaledErfc(x / Math.SQRT2);
  return 2 * Math.exp(0.5 * x * x) - scaledErfc(-x / Math.SQRT2);
}
