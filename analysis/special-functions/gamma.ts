import type { Tails } from './beta.ts';
import { invertTail } from './invert-tail.ts';
import { log1pMinus, stirlingError } from './log-gamma.ts';
import { normalQuantile } from './normal.ts';
import { EXPANSION_FROM_SHAPE, EXPANSION_WITHIN, type UniformTail, uniformTail } from './uniform-tail.ts';

/** A gamma distribution of unit rate. Tails hold 1e-9 relative for shapes from 1/2 to 1e8. */
export interface GammaDistribution {
  readonly shape: number;
  /** At u = log x, with the density per unit of u. */
  atLog(u: number): Tails;
  /** P(X <= x), x >= 0: the regularised lower incomplete gamma function. */
  lower(x: number): number;
  /** P(X > x), x >= 0: the regularised upper incomplete gamma function. */
  upper(x: number): number;
  /** x with P(X <= x) = p, p in [0, 1]. */
  quantile(p: number): number;
  /** x with P(X > x) = q, q in [0, 1]. */
  upperQuantile(q: number): number;
}

/** @throws RangeError unless the shape is positive and finite. */
export function gammaDistribution(shape: number): GammaDistribution {
  if (!(shape > 0 && shape < Number.POSITIVE_INFINITY)) {
    throw new RangeError(`Gamma(${shape}): the shape must be positive and finite`);
  }
  const logScale = -stirlingError(shape);
  const scale = Math.exp(logScale);
  const modeDensity = Math.sqrt(shape / (2 * Math.PI)) * scale;
  const spread = 1 / Math.sqrt(shape);
  let lowerExpansion: UniformTail | undefined;
  let upperExpansion: UniformTail | undefined;

  function at(x: number): Tails {
    if (x <= 0) return { lower: 0, upper: 1, density: 0 };
    if (x === Number.POSITIVE_INFINITY) return { lower: 1, upper: 0, density: 0 };
    const distance = (x - shape) / shape;
    // log of x^k exp(-x) over its value at x = k; the plain logarithms are as large as the counts.
    const exponent = shape * (distance < -0.5 ? Math.log(x / shape) - distance : log1pMinus(distance));
    const density = modeDensity * Math.exp(exponent);
    if (shape > EXPANSION_FROM_SHAPE && Math.abs(distance) <= EXPANSION_WITHIN) {
      if (distance <= 0) {
        lowerExpansion ??= uniformTail(shape, 0, true);
        const lower = scale * lowerExpansion.at(-exponent);
        return { lower, upper: 1 - lower, density };
      }
      upperExpansion ??= uniformTail(shape, 0, false);
      const upper = scale * upperExpansion.at(-exponent);
      return { lower: 1 - upper, upper, density };
    }
    if (x < shape + 1) {
      const lower = (density / shape) * lowerSeries(shape, x);
      return { lower, upper: 1 - lower, density };
    }
    const upper = density * upperFraction(shape, x);
    return { lower: 1 - upper, upper, density };
  }

  function logAt(probability: number, isLower: boolean): number {
    const sign = isLower ? 1 : -1;
    const tailAt = (v: number) => {
      const { lower, upper, density } = at(Math.exp(sign * v));
      return { tail: isLower ? lower : upper, density };
    };
    const start = sign * Math.log(shape) + normalQuantile(probability) * spread;
    return sign * invertTail(tailAt, probability, start, spread);
  }

  return {
    shape,
    atLog: (u) => at(Math.exp(u)),
    lower: (x) => at(x).lower,
    upper: (x) => at(x).upper,
    quantile(p) {
      if (p <= 0) return 0;
      if (p >= 1) return Number.POSITIVE_INFINITY;
      return Math.exp(p <= 0.5 ? logAt(p, true) : logAt(1 - p, false));
    },
    upperQuantile(q) {
      if (q <= 0) return Number.POSITIVE_INFINITY;
      if (q >= 1) return 0;
      return Math.exp(q <= 0.5 ? logAt(q, false) : logAt(1 - q, true));
    },
  };
}

/** P(X > x) for chi-square with `degrees` > 0 degrees of freedom, which need not be whole. */
export function chiSquareUpper(x: number, degrees: number): number {
  return gammaDistribution(degrees / 2).upper(x / 2);
}

/** DLMF 8.11.4: P(k, x) = x^k exp(-x) / Gamma(k + 1) times this; all terms positive. */
function lowerSeries(shape: number, x: number): number {
  let term = 1;
  let sum = 1;
  for (let n = 1; term > 1e-17 * sum; n++) {
    term *= x / (shape + n);
    sum += term;
  }
  return sum;
}

/** DLMF 8.9.2, by the modified Lentz method: Q(k, x) = x^k exp(-x) / Gamma(k) times this, for x > k. */
function upperFraction(shape: number, x: number): number {
  let denominator = x + 1 - shape;
  let c = Number.MAX_VALUE;
  let d = 1 / denominator;
  let value = d;
  for (let n = 1; n < 20_000; n++) {
    const numerator = -n * (n - shape);
    denominator += 2;
    d = 1 / (numerator * d + denominator);
    c = denominator + numerator / c;
    const change = c * d;
    value *= change;
    if (Math.abs(change - 1) < 2e-16) break;
  }
  return value;
}
