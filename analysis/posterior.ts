import { type BetaDistribution, betaDistribution, logistic, type Tails } from './special-functions/beta.ts';
import { gammaDistribution } from './special-functions/gamma.ts';
import {
  normalDensity,
  normalLower,
  normalQuantile,
  normalUpper,
  normalUpperQuantile,
} from './special-functions/normal.ts';

/** Exposures and conversions of one arm in one stratum; of a proportion conversions at most exposures. */
export interface Counts {
  readonly exposures: number;
  readonly conversions: number;
  /** Of a mean: the sum of the squares of what `conversions` sums. */
  readonly squares?: number;
}

/**
 * What is known of an arm's rate. `at` works on a line on which the density is log-concave (the logit of a
 * proportion, the logarithm of an intensity), because there no digits are lost at small rates and a
 * posterior without conversions has no singularity.
 */
export interface RatePosterior {
  readonly mean: number;
  readonly variance: number;
  /** Standard deviation on the line, about. */
  readonly spread: number;
  at(u: number): Tails;
  /** Where on the line the lower tail is p, p in (0, 1). */
  lineQuantile(p: number): number;
  /** Where on the line the upper tail is q, q in (0, 1). */
  lineUpperQuantile(q: number): number;
  /** The rate at a point of the line. */
  rateAt(u: number): number;
  /** The rate's derivative along the line. */
  rateSlopeAt(u: number): number;
}

/** Jeffreys' prior Beta(1/2, 1/2): half a conversion and half a failure. */
const PRIOR = 0.5;

/** The posterior Beta(1/2 + s, 1/2 + f) of a proportion, under Jeffreys' prior. */
export function proportionPosterior({ exposures, conversions }: Counts): RatePosterior {
  return betaPosterior(PRIOR + conversions, PRIOR + Math.max(0, exposures - conversions));
}

/** The posterior Gamma(1/2 + k) over the exposure, of an intensity (which may exceed 1), under Jeffreys' prior; exposures > 0. */
export function intensityPosterior({ exposures, conversions }: Counts): RatePosterior {
  return gammaPosterior(PRIOR + conversions, exposures);
}

/** A proportion that is Beta(a, b). */
export function betaPosterior(a: number, b: number): RatePosterior {
  const beta: BetaDistribution = betaDistribution(a, b);
  const mean = a / (a + b);
  return {
    mean,
    variance: (mean * (b / (a + b))) / (a + b + 1),
    spread: Math.sqrt(1 / a + 1 / b),
    at: beta.atLogit,
    lineQuantile: beta.logitQuantile,
    lineUpperQuantile: beta.logitUpperQuantile,
    rateAt: logistic,
    rateSlopeAt: (u) => logistic(u) * logistic(-u),
  };
}

/** An intensity whose product with `exposure` is Gamma(shape). */
export function gammaPosterior(shape: number, exposure: number): RatePosterior {
  const gamma = gammaDistribution(shape);
  const logExposure = Math.log(exposure);
  const rateAt = (u: number): number => Math.exp(u);
  return {
    mean: shape / exposure,
    variance: shape / exposure / exposure,
    spread: 1 / Math.sqrt(shape),
    at: (u) => gamma.atLog(u + logExposure),
    lineQuantile: (p) => Math.log(gamma.quantile(p)) - logExposure,
    lineUpperQuantile: (q) => Math.log(gamma.upperQuantile(q)) - logExposure,
    rateAt,
    rateSlopeAt: rateAt,
  };
}

/** One stratum's counts and its share of all exposures; the shares of the strata given sum to 1. */
export interface WeightedCounts extends Counts {
  readonly weight: number;
}

/**
 * The posterior of an arm's directly standardised rate, sum of weight times stratum rate: what the arm would
 * get under the mix of strata that all arms share, whatever its own mix was. Pooled raw, an arm shown more
 * where rates are high wins without being better (Simpson's paradox).
 *
 * Exact for one stratum. For several the sum of independent Betas has no closed form and is approximated by
 * the Beta of equal mean and variance; the tests hold its error against simulation.
 */
export function standardisedPosterior(strata: readonly WeightedCounts[]): RatePosterior {
  const [first] = strata;
  if (first !== undefined && strata.length === 1) return proportionPosterior(first);
  let mean = 0;
  let complement = 0;
  let variance = 0;
  for (const { weight, exposures, conversions } of strata) {
    const a = PRIOR + conversions;
    const b = PRIOR + Math.max(0, exposures - conversions);
    mean += (weight * a) / (a + b);
    complement += (weight * b) / (a + b);
    variance += (((weight * weight * a) / (a + b)) * (b / (a + b))) / (a + b + 1);
  }
  const sum = (mean * complement) / variance - 1;
  return betaPosterior(mean * sum, complement * sum);
}

/** The same of an intensity: the Gamma of equal mean and variance; exact for one stratum. */
export function standardisedRate(strata: readonly WeightedCounts[]): RatePosterior {
  const [first] = strata;
  if (first !== undefined && strata.length === 1) return intensityPosterior(first);
  let mean = 0;
  let variance = 0;
  for (const { weight, exposures, conversions } of strata) {
    mean += (weight * (PRIOR + conversions)) / exposures;
    variance += (weight / exposures) ** 2 * (PRIOR + conversions);
  }
  return gammaPosterior((mean / variance) * mean, mean / variance);
}

/** The same of a mean, by the normal distribution that it tends to; each stratum needs two values. */
export function standardisedMean(strata: readonly WeightedCounts[]): RatePosterior {
  let mean = 0;
  let variance = 0;
  for (const { weight, exposures, conversions, squares = 0 } of strata) {
    mean += (weight * conversions) / exposures;
    const spread = Math.max(0, squares - (conversions / exposures) * conversions) / (exposures - 1);
    variance += (weight * weight * spread) / exposures;
  }
  return normalPosterior(mean, variance);
}

/** Values that were all the same leave a spread of this share of the mean, so that there is a distribution to speak of. */
const LEAST_SPREAD = 1e-9;

function normalPosterior(mean: number, variance: number): RatePosterior {
  const spread = Math.max(Math.sqrt(variance), LEAST_SPREAD * Math.abs(mean), 1e-150);
  return {
    mean,
    variance: spread * spread,
    spread,
    at(u) {
      const z = (u - mean) / spread;
      return { lower: normalLower(z), upper: normalUpper(z), density: normalDensity(z) / spread };
    },
    lineQuantile: (p) => mean + spread * normalQuantile(p),
    lineUpperQuantile: (q) => mean + spread * normalUpperQuantile(q),
    rateAt: (u) => u,
    rateSlopeAt: () => 1,
  };
}

/** The equal-tailed interval that holds `mass` (in (0, 1)) of the posterior. */
export function credibleInterval(posterior: RatePosterior, mass: number): readonly [number, number] {
  const tail = (1 - mass) / 2;
  return [
    posterior.rateAt(posterior.lineQuantile(tail)),
    posterior.rateAt(posterior.lineUpperQuantile(tail)),
  ];
}
