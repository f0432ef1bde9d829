import { invertTail } from './invert-tail.ts';
import { log1pMinus, stirlingError } from './log-gamma.ts';
import { normalQuantile } from './normal.ts';
import { EXPANSION_FROM_SHAPE, EXPANSION_WITHIN, type UniformTail, uniformTail } from './uniform-tail.ts';

/** Both tails of a distribution at a point, and its density there (per unit of the line it is taken on). */
export interface Tails {
  readonly lower: number;
  readonly upper: number;
  readonly density: number;
}

/**
 * A Beta(a, b) distribution. Tails hold 1e-9 relative (2e-12 in practice) for shapes from 1/2 to 1e8. The tail
 * that a point below or above the mean cuts off is computed itself; only the other, large one is its complement.
 */
export interface BetaDistribution {
  readonly a: number;
  readonly b: number;
  /** At u = log(x / (1 - x)), with the density per unit of u: near 0 and 1 no digit of x or 1 - x is lost. */
  atLogit(u: number): Tails;
  /** P(X <= x), x in [0, 1]. */
  lower(x: number): number;
  /** P(X > x), x in [0, 1]. */
  upper(x: number): number;
  /** x with P(X <= x) = p, p in [0, 1]. */
  quantile(p: number): number;
  /** x with P(X > x) = q, q in [0, 1]. */
  upperQuantile(q: number): number;
  /** log(x / (1 - x)) with P(X <= x) = p, p in (0, 1). */
  logitQuantile(p: number): number;
  /** log(x / (1 - x)) with P(X > x) = q, q in (0, 1). */
  logitUpperQuantile(q: number): number;
}

/** @throws RangeError unless both shapes are positive and finite. */
export function betaDistribution(a: number, b: number): BetaDistribution {
  if (!(a > 0 && b > 0 && a + b < Number.POSITIVE_INFINITY)) {
    throw new RangeError(`Beta(${a}, ${b}): both shapes must be positive and finite`);
  }
  const logScale = stirlingError(a + b) - stirlingError(a) - stirlingError(b);
  const modeDensity = Math.sqrt(a / (2 * Math.PI)) * Math.sqrt(b / (a + b)) * Math.exp(logScale);
  const lowerSide = tailSide(a, b, modeDensity, logScale);
  const upperSide = tailSide(b, a, modeDensity, logScale);
  const spread = Math.sqrt(1 / a + 1 / b);

  function at(x: number, y: number): Tails {
    if (x <= 0) return { lower: 0, upper: 1, density: 0 };
    if (y <= 0) return { lower: 1, upper: 0, density: 0 };
    const belowMean = a * y - b * x;
    if (belowMean >= 0) {
      const { tail, density } = lowerSide(x, y, belowMean);
      return { lower: tail, upper: 1 - tail, density };
    }
    const { tail, density } = upperSide(y, x, -belowMean);
    return { lower: 1 - tail, upper: tail, density };
  }

  function atLogit(u: number): Tails {
    return at(logistic(u), logistic(-u));
  }

  /** The logit at which the tail of x (first shape) is `probability`; for the other tail, shapes and sign are turned. */
  function logitAt(probability: number, shape: number, other: number, sign: 1 | -1): number {
    const tailAt = (v: number) => {
      const { lower, upper, density } = atLogit(sign * v);
      return { tail: sign === 1 ? lower : upper, density };
    };
    const normalStart = Math.log(shape / other) + normalQuantile(probability) * spread;
    // Far out in a small shape's tail P(X <= x) goes as x^a: the normal guess would be far too near.
    const powerStart =
      (Math.log(probability) + Math.log(shape) - Math.log(modeDensity)) / shape +
      Math.log(shape / (a + b)) -
      1;
    return sign * invertTail(tailAt, probability, shape < 1 ? powerStart : normalStart, spread);
  }

  const logitQuantile = (p: number): number => (p <= 0.5 ? logitAt(p, a, b, 1) : logitAt(1 - p, b, a, -1));
  const logitUpperQuantile = (q: number): number =>
    q <= 0.5 ? logitAt(q, b, a, -1) : logitAt(1 - q, a, b, 1);

  return {
    a,
    b,
    atLogit,
    lower: (x) => at(x, 1 - x).lower,
    upper: (x) => at(x, 1 - x).upper,
    quantile: (p) => (p <= 0 ? 0 : p >= 1 ? 1 : logistic(logitQuantile(p))),
    upperQuantile: (q) => (q <= 0 ? 1 : q >= 1 ? 0 : logistic(logitUpperQuantile(q))),
    logitQuantile,
    logitUpperQuantile,
  };
}

/** 1 / (1 + exp(-u)), good to the last digit for large negative u. */
export function logistic(u: number): number {
  return 1 / (1 + Math.exp(-u));
}

/** P(T > t) for Student's t with `degrees` > 0 degrees of freedom, which need not be whole. */
export function studentTUpper(t: number, degrees: number): number {
  // T^2 / (T^2 + degrees) is Beta(1/2, degrees / 2); on its logit nothing cancels.
  const beyond = betaDistribution(0.5, degrees / 2).atLogit(Math.log((t * t) / degrees)).upper / 2;
  return t >= 0 ? beyond : 1 - beyond;
}

/**
 * The tail on the side where x (of shape a) is small, for a x no further than the mean, and the density
 * per unit of logit. `belowMean` is a (1 - x) - b x.
 */
function tailSide(a: number, b: number, modeDensity: number, logScale: number) {
  const smaller = Math.min(a, b);
  const scale = Math.exp(logScale);
  let expansion: UniformTail | undefined;
  return (x: number, y: number, belowMean: number) => {
    // log of x^a y^b over its value at the mean. Written with the distance from the mean: the plain
    // logarithms are as large as the counts, and their rounding with them.
    const exponent = a * logShare(-belowMean / a, (x * (a + b)) / a) + b * log1pMinus(belowMean / b);
    const density = modeDensity * Math.exp(exponent);
    if (smaller > EXPANSION_FROM_SHAPE && belowMean <= EXPANSION_WITHIN * smaller) {
      expansion ??= uniformTail(smaller, smaller / Math.max(a, b), a < b);
      return { tail: scale * expansion.at(-exponent), density };
    }
    return { tail: density === 0 ? 0 : density / betaFraction(a, b, x, y), density };
  };
}

/** log(ratio) - t where ratio = 1 + t. */
function logShare(t: number, ratio: number): number {
  return t < -0.5 ? Math.log(ratio) - t : log1pMinus(t);
}

/**
 * The continued fraction of Didonato and Morris 1992 (BFRAC), by the modified Lentz method:
 * I_x(a, b) = x^a (1 - x)^b / B(a, b) over this, for x up to the mean.
 */
function betaFraction(a: number, b: number, x: number, y: number): number {
  const belowMean = a * y - b * x;
  let value = (a * (belowMean + 1)) / (a + 1);
  let c = value;
  let d = 0;
  for (let m = 1; m < 20_000; m++) {
    const odd = a + 2 * m - 1;
    const numerator = ((a + m - 1) / odd) * ((a + b + m - 1) / odd) * m * (b - m) * x * x;
    const denominator =
      m + (m * (b - m) * x) / odd + ((a + m) * (belowMean + 1 + m * (1 + y))) / (a + 2 * m + 1);
    d = 1 / (denominator + numerator * d);
    c = denominator + numerator / c;
    const change = c * d;
    value *= change;
    if (Math.abs(change - 1) < 2e-16) break;
  }
  return value;
}
