import { entry } from './array-entry.ts';
import { scaledErfc } from './error-function.ts';

/** As many as Didonato and Morris take; fewer where powers of a small width end the series sooner. */
const MOST_TERMS = 20;
const TWO_OVER_SQRT_PI = 2 / Math.sqrt(Math.PI);
const TWO_TO_MINUS_THREE_HALVES = 2 ** -1.5;

/** exp(exponent) times the series in erfc that gives a tail of a beta or gamma distribution. */
export interface UniformTail {
  /** The tail, but for the distribution's Stirling correction. @param exponent f >= 0, the log-density's fall from the mode. */
  at(exponent: number): number;
}

/** The expansion is used for shapes above this: its error is about 1e-13 there. */
export const EXPANSION_FROM_SHAPE = 100;

/** And no further from the mean than this share of the smaller shape; beyond, a continued fraction is quick. */
export const EXPANSION_WITHIN = 0.03;

/**
 * The asymptotic expansion of the incomplete beta function for large shapes, uniform around the mean
 * (Didonato and Morris 1992, "Algorithm 708", section 9, BASYM). With `ratio` 0 it is its limit for the
 * incomplete gamma function.
 * @param smaller the smaller shape (the gamma's shape), at least EXPANSION_FROM_SHAPE.
 * @param ratio smaller shape over larger one, in [0, 1].
 * @param onSmallerShapesSide whether the tail is the one in which the variable of the smaller shape is small.
 */
export function uniformTail(smaller: number, ratio: number, onSmallerShapesSide: boolean): UniformTail {
  const width = 1 / Math.sqrt(smaller * (1 + ratio));
  const terms = Math.min(MOST_TERMS, 2 * Math.ceil(-9 / Math.log10(width)) + 2);
  const scaled = expansionCoefficients(terms, ratio, onSmallerShapesSide).map((d, n) => d * width ** n);
  return {
    at(exponent) {
      const root = Math.sqrt(exponent);
      const square = 2 * exponent;
      let evenIntegral = (0.5 / TWO_OVER_SQRT_PI) * scaledErfc(root);
      let oddIntegral = TWO_TO_MINUS_THREE_HALVES;
      let evenPower = (0.5 * root) / TWO_TO_MINUS_THREE_HALVES;
      let oddPower = square;
      let sum = evenIntegral + entry(scaled, 1) * oddIntegral;
      for (let n = 2; n < terms; n += 2) {
        evenIntegral = TWO_TO_MINUS_THREE_HALVES * evenPower + (n - 1) * evenIntegral;
        oddIntegral = TWO_TO_MINUS_THREE_HALVES * oddPower + n * oddIntegral;
        evenPower *= square;
        oddPower *= square;
        const even = entry(scaled, n) * evenIntegral;
        const odd = entry(scaled, n + 1) * oddIntegral;
        sum += even + odd;
        if (Math.abs(even) + Math.abs(odd) <= 1e-16 * sum) break;
      }
      return TWO_OVER_SQRT_PI * Math.exp(-exponent) * sum;
    },
  };
}

/** d_0 = 1, d_1 ... of the reverted series in section 9 of the paper. */
function expansionCoefficients(terms: number, ratio: number, onSmallerShapesSide: boolean): number[] {
  const r0 = 1 / (1 + ratio);
  const r1 = onSmallerShapesSide ? 1 - ratio : ratio - 1;
  const a = [1, (2 / 3) * r1];
  let evenPower = 1;
  let evenPowers = 1;
  for (let n = 2; n < terms; n += 2) {
    evenPower *= ratio * ratio;
    evenPowers += evenPower;
    a.push((2 * r0 * (1 + ratio * evenPower)) / (n + 2), (2 * r1 * evenPowers) / (n + 3));
  }
  const c = [1];
  const d = [1];
  for (let n = 1; n < terms; n++) {
    c.push(powerCoefficient(a, n, -0.5 * (n + 1)) / (n + 1));
    let sum = 0;
    for (let j = 1; j <= n; j++) sum += entry(d, n - j) * entry(c, j);
    d.push(-sum);
  }
  return d;
}

/** Coefficient n of (a_0 + a_1 t + ...)^r with a_0 = 1 (J.C.P. Miller's recurrence). */
function powerCoefficient(a: readonly number[], n: number, r: number): number {
  const b = [1];
  for (let m = 1; m <= n; m++) {
    let sum = 0;
    for (let j = 1; j <= m; j++) sum += (j * r - (m - j)) * entry(a, j) * entry(b, m - j);
    b.push(sum / m);
  }
  return entry(b, n);
}
