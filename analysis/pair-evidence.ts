import { dayLevelEvidence, dayLevelInterval } from './day-level.ts';
import { obrienFlemingBounds } from './group-sequential.ts';
import { liftLikelihood } from './lift-likelihood.ts';
import { type LiftInterval, liftEvidence, liftInterval, likeliestLift } from './lift-mixture.ts';
import { logOneSidedMixture, twoSidedBound } from './normal-mixture.ts';
import type { AnalysisRules, PlannedLooks } from './rules.ts';
import { entry } from './special-functions/array-entry.ts';
import type { ArmColumn, StratumTable } from './stratum-table.ts';

/** What can be said of one arm against another, on the log of the ratio of their rates. */
export interface PairEvidence {
  /** log E that the first is better, and that it is worse; null where looks are planned, and bounds serve instead. */
  readonly logEBetter: number | null;
  readonly logEWorse: number | null;
  /** The most probable log lift; infinite where one arm has no conversion, NaN-free. */
  readonly likeliest: number;
  /** Information on the log lift: one over its variance. */
  readonly information: number;
  /** Whether the first is called better, or worse, when the false-call limit is shared by so many comparisons. */
  isBetter(ways: number): boolean;
  isWorse(ways: number): boolean;
  /** Log lifts that can't be excluded, at all looks together, when the limit is shared by so many comparisons. */
  interval(ways: number): LiftInterval;
}

const NOTHING: PairEvidence = {
  logEBetter: 0,
  logEWorse: 0,
  likeliest: 0,
  information: 0,
  isBetter: () => false,
  isWorse: () => false,
  interval: () => ({ low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY }),
};

/** The first arm against the second over the strata that `among` lists, by the rules' method. */
export function pairEvidence(
  { strata }: Pick<StratumTable, 'strata'>,
  among: readonly number[],
  first: ArmColumn,
  second: ArmColumn,
  isMean: boolean,
  rules: Pick<AnalysisRules, 'falseCallLimit' | 'smallestLift' | 'method' | 'looks'>,
): PairEvidence {
  const { method, looks, falseCallLimit } = rules;
  const scale = Math.log1p(rules.smallestLift);
  const dayOf = (s: number): string => strata[s]?.day ?? '';
  if (method === 'planned_looks' && looks !== null) {
    return plannedEvidence(among, dayOf, first, second, isMean, looks, falseCallLimit);
  }
  if (method === 'anytime_days') {
    return dailyEvidence(dailyDifferences(among, dayOf, first, second, isMean), falseCallLimit);
  }
  return isMean
    ? meanEvidence(meanLift(among, first, second), scale, falseCallLimit)
    : countEvidence(among, first, second, scale, falseCallLimit);
}

function countEvidence(
  among: readonly number[],
  first: ArmColumn,
  second: ArmColumn,
  scale: number,
  limit: number,
): PairEvidence {
  const likelihood = liftLikelihood(first, second, among);
  if (likelihood.conversions === 0) return NOTHING;
  const evidence = liftEvidence(likelihood, scale);
  return {
    ...evidence,
    get likeliest() {
      return likeliestLift(likelihood);
    },
    information: likelihood.information,
    isBetter: (ways) => evidence.logEBetter >= Math.log(ways / limit),
    isWorse: (ways) => evidence.logEWorse >= Math.log(ways / limit),
    // Its two-sided mixture is half the one-sided: so an interval leaves out 0 where the first is called better.
    interval: (ways) => liftInterval(likelihood, evidence, Math.min(1, (2 * limit) / ways)),
  };
}

/** An estimated log lift and its variance. */
export interface EstimatedLift {
  readonly lift: number;
  readonly variance: number;
}

/**
 * Of counts: one step of Newton's method from none, whose numerator has mean 0 without a difference however few the
 * conversions are. Undefined where there is nothing to estimate from.
 */
export function estimatedLift(
  among: readonly number[],
  first: ArmColumn,
  second: ArmColumn,
  isMean: boolean,
): EstimatedLift | undefined {
  if (isMean) return meanLift(among, first, second);
  let score = 0;
  let information = 0;
  for (const s of among) {
    const n1 = entry(first.exposures, s);
    const n2 = entry(second.exposures, s);
    if (!(n1 > 0 && n2 > 0)) continue;
    const w = n1 / (n1 + n2);
    const c1 = entry(first.conversions, s);
    const c = c1 + entry(second.conversions, s);
    score += c1 - c * w;
    information += c * w * (1 - w);
  }
  return information > 0 ? { lift: score / information, variance: 1 / information } : undefined;
}

/**
 * Means stratum by stratum, weighed by n1 n2 / (n1 + n2), which no mix of days or places can tilt; the ratio's variance by
 * the delta method from the spread inside strata. Undefined where a mean is not positive or its spread not known.
 */
function meanLift(among: readonly number[], first: ArmColumn, second: ArmColumn): EstimatedLift | undefined {
  let weights = 0;
  const arms = [first, second].map((column) => ({ column, mean: 0, spread: 0, degrees: 0, share: 0 }));
  for (const s of among) {
    const n1 = entry(first.exposures, s);
    const n2 = entry(second.exposures, s);
    if (!(n1 > 0 && n2 > 0)) continue;
    const weight = (n1 * n2) / (n1 + n2);
    weights += weight;
    for (const arm of arms) {
      const n = entry(arm.column.exposures, s);
      const sum = entry(arm.column.conversions, s);
      arm.mean += (weight * sum) / n;
      arm.spread += Math.max(0, entry(arm.column.squares, s) - (sum * sum) / n);
      arm.degrees += Math.max(0, n - 1);
      arm.share += (weight * weight) / n;
    }
  }
  const [one, other] = arms.map(({ mean, spread, degrees, share }) => ({
    mean: mean / weights,
    relative: ((spread / degrees) * share) / (mean * mean),
  }));
  if (one === undefined || other === undefined || !(one.mean > 0 && other.mean > 0)) return undefined;
  const variance = one.relative + other.relative;
  return variance > 0 && Number.isFinite(variance)
    ? { lift: Math.log(one.mean / other.mean), variance }
    : undefined;
}

function meanEvidence(estimated: EstimatedLift | undefined, scale: number, limit: number): PairEvidence {
  if (estimated === undefined) return NOTHING;
  const { lift, variance } = estimated;
  const information = 1 / variance;
  const rho = 1 / (scale * scale);
  const logEBetter = logOneSidedMixture(lift * information, information, rho);
  const logEWorse = logOneSidedMixture(-lift * information, information, rho);
  return {
    logEBetter,
    logEWorse,
    likeliest: lift,
    information,
    isBetter: (ways) => logEBetter >= Math.log(ways / limit),
    isWorse: (ways) => logEWorse >= Math.log(ways / limit),
    interval: (ways) => {
      const half = twoSidedBound(information, rho, Math.min(1, (2 * limit) / ways)) / information;
      return { low: lift - half, high: lift + half };
    },
  };
}

/** A log lift a day; days that say nothing are left out. */
function dailyDifferences(
  among: readonly number[],
  dayOf: (stratum: number) => string,
  first: ArmColumn,
  second: ArmColumn,
  isMean: boolean,
): readonly number[] {
  const byDay = new Map<string, number[]>();
  for (const s of among) {
    const strata = byDay.get(dayOf(s)) ?? [];
    byDay.set(dayOf(s), strata);
    strata.push(s);
  }
  return [...byDay.values()].flatMap((strata) => {
    const estimated = estimatedLift(strata, first, second, isMean);
    return estimated === undefined ? [] : [estimated.lift];
  });
}

function dailyEvidence(differences: readonly number[], limit: number): PairEvidence {
  const days = differences.length;
  if (days < 2) return NOTHING;
  const evidence = dayLevelEvidence(differences);
  const mean = differences.reduce((sum, difference) => sum + difference, 0) / days;
  const variance = differences.reduce((sum, difference) => sum + (difference - mean) ** 2, 0) / (days - 1);
  return {
    ...evidence,
    likeliest: mean,
    information: variance > 0 ? days / variance : 0,
    isBetter: (ways) => evidence.logEBetter >= Math.log(ways / limit),
    isWorse: (ways) => evidence.logEWorse >= Math.log(ways / limit),
    interval: (ways) => dayLevelInterval(differences, Math.min(1, (2 * limit) / ways)),
  };
}

/** z at each look that has come, by the settled days it sees, against the bounds that spend the limit over the looks. */
function plannedEvidence(
  among: readonly number[],
  dayOf: (stratum: number) => string,
  first: ArmColumn,
  second: ArmColumn,
  isMean: boolean,
  { days, pairConversions, haveCome = false }: PlannedLooks,
  limit: number,
): PairEvidence {
  const last = among.map(dayOf).sort().at(-1) ?? '';
  const looks = days
    .filter((day) => haveCome || day <= last)
    .map((day) => among.filter((s) => dayOf(s) <= day))
    // One that sees no more than the one before is no look of its own.
    .filter((seen, at, all) => seen.length > (all[at - 1]?.length ?? 0))
    .flatMap((seen) => estimatedLift(seen, first, second, isMean) ?? []);
  const latest = looks.at(-1);
  if (latest === undefined) return { ...NOTHING, logEBetter: null, logEWorse: null };
  const fractions = looks.map(({ variance }) => Math.min(1, 4 / (variance * pairConversions)));
  const bounds = new Map<number, readonly number[]>();
  const boundsFor = (ways: number): readonly number[] => {
    const known = bounds.get(ways) ?? obrienFlemingBounds(fractions, limit / ways);
    bounds.set(ways, known);
    return known;
  };
  const crosses = (ways: number, sign: 1 | -1): boolean =>
    boundsFor(ways).some((bound, look) => sign * zOf(looks[look]) >= bound);
  return {
    logEBetter: null,
    logEWorse: null,
    likeliest: latest.lift,
    information: 1 / latest.variance,
    isBetter: (ways) => crosses(ways, 1),
    isWorse: (ways) => crosses(ways, -1),
    interval: (ways) => {
      const half = (boundsFor(ways).at(-1) ?? Number.POSITIVE_INFINITY) * Math.sqrt(latest.variance);
      return { low: latest.lift - half, high: latest.lift + half };
    },
  };
}

function zOf(look: EstimatedLift | undefined): number {
  return look === undefined ? 0 : look.lift / Math.sqrt(look.variance);
}

/** Relative lifts for people and JSON: null for what nothing bounds. */
export interface RelativeLift {
  readonly likeliest: number | null;
  readonly low: number;
  readonly high: number | null;
}

/** What can't be excluded when the limit is shared by so many comparisons. */
export function relativeLift(pair: PairEvidence | undefined, ways: number): RelativeLift {
  if (pair === undefined) return { likeliest: null, low: -1, high: null };
  const { low, high } = pair.interval(ways);
  return {
    likeliest: finite(Math.expm1(pair.likeliest)),
    low: Math.expm1(low),
    high: finite(Math.expm1(high)),
  };
}

function finite(value: number): number | null {
  // Minus zero would not survive JSON.
  return Number.isFinite(value) ? value + 0 : null;
}
