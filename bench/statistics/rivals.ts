import { asymptoticWidth, bestRho } from '../../analysis/normal-mixture.ts';
import { integrate } from '../../analysis/quadrature.ts';
import { betaDistribution, studentTUpper } from '../../analysis/special-functions/beta.ts';
import { chiSquareUpper } from '../../analysis/special-functions/gamma.ts';
import {
  normalDensity,
  normalLower,
  normalQuantile,
  normalUpper,
} from '../../analysis/special-functions/normal.ts';

/** What other tools compute, from their published formulas: to compare with, not to decide by. */

/** A proportion (without `sumSquares`) or a mean. */
export interface Sample {
  readonly n: number;
  readonly sum: number;
  readonly sumSquares?: number;
}

interface Moments {
  readonly n: number;
  readonly mean: number;
  /** Of one value. */
  readonly variance: number;
}

function momentsOf({ n, sum, sumSquares }: Sample): Moments {
  const mean = sum / n;
  const variance = sumSquares === undefined ? mean * (1 - mean) : (sumSquares - sum * mean) / (n - 1);
  return { n, mean, variance };
}

export interface Effect {
  readonly effect: number;
  readonly error: number;
}

/** Treatment over control less 1, with the delta method's standard error. */
export function relativeEffect(control: Sample, treatment: Sample): Effect {
  const [c, t] = [momentsOf(control), momentsOf(treatment)];
  const variance = t.variance / t.n / c.mean ** 2 + ((c.variance / c.n) * t.mean ** 2) / c.mean ** 4;
  return { effect: t.mean / c.mean - 1, error: Math.sqrt(variance) };
}

export function absoluteEffect(control: Sample, treatment: Sample): Effect {
  const [c, t] = [momentsOf(control), momentsOf(treatment)];
  return { effect: t.mean - c.mean, error: Math.sqrt(t.variance / t.n + c.variance / c.n) };
}

/** Welch's test of an effect on the difference or the ratio. */
export function welch(control: Sample, treatment: Sample, { effect, error }: Effect, alpha: number) {
  const parts = [control, treatment].map((sample) => {
    const { n, variance } = momentsOf(sample);
    return { share: variance / n, n };
  });
  const degrees =
    parts.reduce((sum, { share }) => sum + share, 0) ** 2 /
    parts.reduce((sum, { share, n }) => sum + share ** 2 / (n - 1), 0);
  const t = effect / error;
  const quantile = studentQuantile(1 - alpha / 2, degrees);
  const oneSided = studentQuantile(1 - alpha, degrees);
  return {
    interval: [effect - quantile * error, effect + quantile * error] as const,
    oneSidedLow: effect - oneSided * error,
    oneSidedHigh: effect + oneSided * error,
    pValue: 2 * studentTUpper(Math.abs(t), degrees),
    pGreater: studentTUpper(t, degrees),
  };
}

function studentQuantile(p: number, degrees: number): number {
  const share = betaDistribution(0.5, degrees / 2).quantile(2 * p - 1);
  return Math.sqrt((degrees * share) / (1 - share));
}

/** GrowthBook's Bayesian result under a flat prior: chance to win, interval, and what keeping or shipping would lose. */
export function flatPrior({ effect, error }: Effect, alpha: number) {
  const quantile = normalQuantile(1 - alpha / 2);
  const shipped = normalLoss(-effect, error);
  return {
    chanceToWin: normalLower(effect / error),
    interval: [effect - quantile * error, effect + quantile * error] as const,
    loss: [normalLoss(effect, error), shipped] as const,
  };
}

/** E[max(0, X)] for X ~ N(mean, error^2). */
export function normalLoss(mean: number, error: number): number {
  const z = mean / error;
  return mean * normalLower(z) + error * normalDensity(z);
}

/** GrowthBook's sequential interval: the asymptotic confidence sequence with its narrowest place at so many users. */
export function sequentialInterval(
  { effect, error }: Effect,
  users: number,
  narrowestAt: number,
  alpha: number,
) {
  const half = asymptoticWidth(users, narrowestAt, alpha) * error;
  return [effect - half, effect + half] as const;
}

/** The one-sided one, whose bound allows twice the limit on one side. */
export function sequentialOneSided(
  { effect, error }: Effect,
  users: number,
  narrowestAt: number,
  alpha: number,
) {
  const rho = bestRho(narrowestAt, 2 * alpha);
  const half = Math.sqrt(
    ((2 * (users + rho)) / users) * Math.log1p(Math.sqrt((users + rho) / rho) / (2 * alpha)),
  );
  return [effect - half * error, effect + half * error] as const;
}

/** Further sample, in multiples of the present one, until the power is reached: GrowthBook's search, with its stopping. */
export function furtherSample(
  { error }: Effect,
  users: number,
  smallest: number,
  power: number,
  alpha: number,
  method: { narrowestAt?: number; prior?: { mean: number; variance: number } } = {},
): number {
  const z = normalQuantile(1 - alpha / 2);
  const powerAt = (times: number): number => {
    const variance = error ** 2 / (1 + times);
    const deviation = Math.sqrt(variance);
    const { narrowestAt, prior } = method;
    const pull = prior === undefined ? 0 : (variance * prior.mean) / prior.variance;
    const half =
      prior !== undefined
        ? variance * Math.sqrt(1 / prior.variance + 1 / variance) * z
        : narrowestAt !== undefined
          ? asymptoticWidth(users * (1 + times), narrowestAt, alpha) * deviation
          : z * deviation;
    return (
      normalUpper((half - pull - smallest) / deviation) + normalLower(-(half + pull + smallest) / deviation)
    );
  };
  let high = 1;
  while (powerAt(high) < power) high *= 2;
  let low = 0;
  let times = high;
  for (let round = 0; round < 100 && Math.abs(powerAt(times) - power) >= 1e-5; round++) {
    if (powerAt(times) > power) high = times;
    else low = times;
    times = 0.5 * (low + high);
  }
  return times;
}

export interface Trials {
  readonly successes: number;
  readonly trials: number;
}

/** Pooled chi-square test of two proportions, with Wald's unpooled interval of their difference. */
export function twoProportions(control: Trials, treatment: Trials, alpha: number) {
  const [p1, p2] = [control.successes / control.trials, treatment.successes / treatment.trials];
  const pooled = (control.successes + treatment.successes) / (control.trials + treatment.trials);
  const spread = pooled * (1 - pooled) * (1 / control.trials + 1 / treatment.trials);
  const difference = p2 - p1;
  const error = Math.sqrt((p1 * (1 - p1)) / control.trials + (p2 * (1 - p2)) / treatment.trials);
  const half = normalQuantile(1 - alpha / 2) * error;
  return {
    difference,
    interval: [difference - half, difference + half] as const,
    z: difference / Math.sqrt(spread),
    pValue: chiSquareUpper(difference ** 2 / spread, 1),
  };
}

/** Of a two-sided test at once, by the normal distribution. */
export function fixedPower(
  difference: number,
  variance: number,
  n1: number,
  n2: number,
  alpha: number,
): number {
  const drift = difference / Math.sqrt(variance * (1 / n1 + 1 / n2));
  const z = normalQuantile(1 - alpha / 2);
  return normalUpper(z - drift) + normalLower(-z - drift);
}

/** Of both arms together. */
export function fixedSampleSize(difference: number, variance: number, alpha: number, power: number): number {
  const z = normalQuantile(1 - alpha / 2) + normalQuantile(power);
  return 2 * Math.ceil((2 * variance * z * z) / difference ** 2);
}

/**
 * Several variations against one baseline (Thumbtack's abba corrects for their number): the p-value of the largest of so
 * many normal scores that share the baseline, and its Agresti-Coull interval at the corrected level over sqrt 2.
 */
export function manyAgainstBaseline(baseline: Trials, variation: Trials, comparisons: number, alpha: number) {
  const score = Math.abs(twoProportions(baseline, variation, alpha).z);
  const z = normalQuantile(1 - (1 - (1 - alpha) ** (1 / comparisons)) / 2) / Math.SQRT2;
  const n = baseline.trials + z * z;
  const centre = (baseline.successes + (z * z) / 2) / n;
  const half = z * Math.sqrt((centre * (1 - centre)) / n);
  const shared = variation.trials / (variation.trials + baseline.trials);
  return {
    pValue: 1 - allWithin(score, comparisons, shared),
    baselineInterval: [centre - half, centre + half] as const,
  };
}

/** P that so many normal scores with this common correlation are all within +-z (Dunnett 1955). */
function allWithin(z: number, count: number, correlation: number): number {
  const [common, own] = [Math.sqrt(correlation), Math.sqrt(1 - correlation)];
  const [all = 0] = integrate(
    (x, out) => {
      const within = normalLower((z - common * x) / own) - normalLower((-z - common * x) / own);
      out[0] = normalDensity(x) * within ** count;
    },
    1,
    [-8, -4, -2, 0, 2, 4, 8],
    () => 1e-12,
  );
  return all;
}
