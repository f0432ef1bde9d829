import { erfc, scaledErfc } from './error-function.ts';

const SQRT_TWO = Math.SQRT2;
const SQRT_TWO_PI = Math.sqrt(2 * Math.PI);

/** Density of the standard normal distribution. */
export function normalDensity(z: number): number {
  return Math.exp(-0.5 * z * z) / SQRT_TWO_PI;
}

/** P(Z <= z) for a standard normal Z; the small tail direct. */
export function normalLower(z: number): number {
  return 0.5 * erfc(-z / SQRT_TWO);
}

/** P(Z > z) for a standard normal Z; the small tail direct. */
export function normalUpper(z: number): number {
  return 0.5 * erfc(z / SQRT_TWO);
}

/** z with P(Z <= z) = p, for p in [0, 1]; infinite at the ends. */
export function normalQuantile(p: number): number {
  return p < 0.5 ? -normalUpperQuantile(p) : normalUpperQuantile(1 - p);
}

/** z with P(Z > z) = q, for q in [0, 1]; exact in the tail where 1 - q would be rounded to 1. */
export function normalUpperQuantile(q: number): number {
  if (!(q >= 0 && q <= 1)) return Number.NaN;
  if (q > 0.5) return -normalUpperQuantile(1 - q);
  if (q === 0) return Number.POSITIVE_INFINITY;
  if (q === 0.5) return 0;
  // Abramowitz and Stegun 26.2.23, good to 4.5e-4; then Newton on the logarithm, which is nearly quadratic.
  const t = Math.sqrt(-2 * Math.log(q));
  let z =
    t - (2.515517 + t * (0.802853 + t * 0.010328)) / (1 + t * (1.432788 + t * (0.189269 + t * 0.001308)));
  for (let round = 0; round < 4; round++) {
    const scaledTail = z > 0 ? 0.5 * scaledErfc(z / SQRT_TWO) : normalUpper(z) * Math.exp(0.5 * z * z);
    const logExcess = Math.log(scaledTail) - 0.5 * z * z - Math.log(q);
    const step = logExcess * scaledTail * SQRT_TWO_PI;
    z += step;
    if (Math.abs(step) < 1e-9 * (1 + Math.abs(z))) break;
  }
  return z;
}
