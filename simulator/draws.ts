import type { Random } from './random.ts';

/**
 * Successes in `trials` independent trials. Exact: BTRS, Hörmann (1993), "The generation of binomial random
 * variates", J. Stat. Comput. Simul. 46; waiting times (Devroye 1986, X.4.3) where fewer than 10 are expected.
 * @param trials a whole number from 0
 * @param probability in [0, 1]
 */
export function binomial(random: Random, trials: number, probability: number): number {
  if (trials <= 0 || probability <= 0) return 0;
  if (probability >= 1) return trials;
  if (probability > 0.5) return trials - binomial(random, trials, 1 - probability);
  return trials * probability < 10
    ? binomialByWaiting(random, trials, probability)
    : binomialByRejection(random, trials, probability);
}

function binomialByWaiting(random: Random, trials: number, probability: number): number {
  const logFailure = Math.log1p(-probability);
  let successes = 0;
  let used = 0;
  while (true) {
    used += Math.floor(Math.log1p(-random()) / logFailure) + 1;
    if (used > trials) return successes;
    successes += 1;
  }
}

function binomialByRejection(random: Random, trials: number, probability: number): number {
  const deviation = Math.sqrt(trials * probability * (1 - probability));
  const b = 1.15 + 2.53 * deviation;
  const a = -0.0873 + 0.0248 * b + 0.01 * probability;
  const center = trials * probability + 0.5;
  const vr = 0.92 - 4.2 / b;
  const alpha = (2.83 + 5.1 / b) * deviation;
  const logOdds = Math.log(probability / (1 - probability));
  const mode = Math.floor((trials + 1) * probability);
  const height = logFactorial(mode) + logFactorial(trials - mode);
  while (true) {
    const u = random() - 0.5;
    const v = 1 - random();
    const us = 0.5 - Math.abs(u);
    const k = Math.floor(((2 * a) / us + b) * u + center);
    if (us >= 0.07 && v <= vr) return k;
    if (k < 0 || k > trials) continue;
    const bound = height - logFactorial(k) - logFactorial(trials - k) + (k - mode) * logOdds;
    if (Math.log((v * alpha) / (a / (us * us) + b)) <= bound) return k;
  }
}

/**
 * Events at a known mean. Exact: PTRS, Hörmann (1993), "The transformed rejection method for generating Poisson
 * random variables", Insurance: Math. Econ. 12; products of uniforms (Knuth) below a mean of 10.
 */
export function poisson(random: Random, mean: number): number {
  if (mean <= 0) return 0;
  return mean < 10 ? poissonByProducts(random, mean) : poissonByRejection(random, mean);
}

function poissonByProducts(random: Random, mean: number): number {
  const floor = Math.exp(-mean);
  let events = 0;
  for (let product = random(); product > floor; product *= random()) events += 1;
  return events;
}

function poissonByRejection(random: Random, mean: number): number {
  const b = 0.931 + 2.53 * Math.sqrt(mean);
  const a = -0.059 + 0.02483 * b;
  const inverseAlpha = 1.1239 + 1.1328 / (b - 3.4);
  const vr = 0.9277 - 3.6224 / (b - 2);
  while (true) {
    const u = random() - 0.5;
    const v = 1 - random();
    const us = 0.5 - Math.abs(u);
    const k = Math.floor(((2 * a) / us + b) * u + mean + 0.43);
    if (us >= 0.07 && v <= vr) return k;
    if (k < 0 || (us < 0.013 && v > us)) continue;
    const bound = -mean + k * Math.log(mean) - logFactorial(k);
    if (Math.log((v * inverseAlpha) / (a / (us * us) + b)) <= bound) return k;
  }
}

/** ln(n!) by Stirling's series (DLMF 5.11.1), to 1e-12 from 16 on; summed below. */
export function logFactorial(n: number): number {
  if (n < 16) {
    let sum = 0;
    for (let i = 2; i <= n; i += 1) sum += Math.log(i);
    return sum;
  }
  const x = n + 1;
  const x2 = x * x;
  const series = (1 / 12 - (1 / 360 - (1 / 1260 - 1 / (1680 * x2)) / x2) / x2) / x;
  return (x - 0.5) * Math.log(x) - x + 0.5 * Math.log(2 * Math.PI) + series;
}
