import { entry } from './array-entry.ts';

const HALF_LOG_TWO_PI = 0.9189385332046727;

/** 1 - Euler's constant. */
const ONE_MINUS_EULER = 0.42278433509846713;

/** zeta(k) - 1 for k from 2; computed to 19 digits with mpmath. */
const ZETA_MINUS_ONE = [
  0.6449340668482264, 0.2020569031595943, 0.08232323371113819, 0.03692775514336993, 0.01734306198444914,
  0.008349277381922827, 0.00407735619794434, 0.0020083928260822143, 0.0009945751278180853,
  0.0004941886041194645, 0.0002460865533080483, 0.00012271334757848915, 6.124813505870483e-5,
  3.058823630702049e-5, 1.528225940865187e-5, 7.637197637899763e-6, 3.81729326499984e-6, 1.908212716553939e-6,
  9.539620338727962e-7, 4.769329867878064e-7, 2.38450502727733e-7, 1.1921992596531106e-7,
  5.960818905125948e-8, 2.980350351465228e-8,
];

/** B(2j) / (2j (2j - 1)), the coefficients of Stirling's series (DLMF 5.11.1). */
const STIRLING = [1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188, -691 / 360360, 1 / 156, -3617 / 122400];

/** From here on Stirling's series is good to the last digit of a double. */
const STIRLING_FROM = 10;

/**
 * Natural logarithm of the gamma function, for z > 0. Near its zeros at 1 and 2 it is a Taylor series
 * (DLMF 5.7.3), so that the relative error stays near 1e-15 there too.
 */
export function logGamma(z: number): number {
  if (!(z > 0)) return z === 0 ? Number.POSITIVE_INFINITY : Number.NaN;
  if (z >= STIRLING_FROM) return (z - 0.5) * Math.log(z) - z + HALF_LOG_TWO_PI + stirlingError(z);
  if (z < 0.5) return logGamma(z + 1) - Math.log(z);
  if (z < 1.5) return logGammaNearTwo(z - 1) - Math.log1p(z - 1);
  let shifted = z;
  let product = 1;
  while (shifted > 2.5) {
    shifted -= 1;
    product *= shifted;
  }
  return logGammaNearTwo(shifted - 2) + Math.log(product);
}

/**
 * What Stirling's formula leaves out: logGamma(z) - [(z - 1/2) log z - z + log(2 pi) / 2], for z > 0.
 * Densities are built from it because logGamma itself is too large to subtract: at 5e7 its rounding
 * alone is 1e-7 (Loader 2000, "Fast and Accurate Computation of Binomial Probabilities").
 */
export function stirlingError(z: number): number {
  if (z < STIRLING_FROM) return logGamma(z) - ((z - 0.5) * Math.log(z) - z + HALF_LOG_TWO_PI);
  const reciprocalSquared = 1 / (z * z);
  return STIRLING.reduceRight((sum, coefficient) => sum * reciprocalSquared + coefficient, 0) / z;
}

/** log(1 + t) - t for t > -1, without the cancellation at small t; always <= 0. */
export function log1pMinus(t: number): number {
  if (Math.abs(t) > 0.5) return Math.log1p(t) - t;
  // log(1 + t) = 2 atanh(r) with r = t / (2 + t), and t - 2r = r t.
  const r = t / (2 + t);
  const square = r * r;
  let power = square;
  let sum = 1 / 3;
  for (let odd = 5; power > 1e-17; odd += 2) {
    sum += power / odd;
    power *= square;
  }
  return r * (2 * square * sum - t);
}

function logGammaNearTwo(t: number): number {
  let sum = 0;
  for (let k = ZETA_MINUS_ONE.length + 1; k >= 2; k--) {
    sum = -t * (sum + entry(ZETA_MINUS_ONE, k - 2) / k);
  }
  // The sum holds sum_k (-t)^(k-1) (zeta(k) - 1) / k; one more factor -t makes it the series.
  return t * ONE_MINUS_EULER - t * sum;
}
