import { crossingProbabilities, obrienFlemingBounds } from './group-sequential.ts';
import { logOneSidedMixture } from './normal-mixture.ts';
import { integrate } from './quadrature.ts';
import { normalDensity, normalLower, normalQuantile } from './special-functions/normal.ts';

/** By days can't be planned: how much arms' days differ is not known before. */
export type PlannedMethod = 'anytime_counts' | 'planned_looks';

/** Where a test runs: what is expected there, and what it costs. */
export interface PlannedPlatform {
  readonly name: string;
  /** Conversions for each exposure of the control, in (0, 1). */
  readonly baselineRate: number;
  /** US dollars for a thousand exposures; null where it is not known. */
  readonly usdPerThousand: number | null;
}

export interface SizeQuestion {
  /** At least one; the exposures are shared equally. */
  readonly platforms: readonly PlannedPlatform[];
  /** Relative, above 0: what is to be found with this power where one arm is so much better than all others. */
  readonly smallestLift: number;
  /** 2 or more, the control included. */
  readonly arms: number;
  readonly method: PlannedMethod;
  readonly falseCallLimit: number;
  /** In (0.5, 1). */
  readonly power: number;
  /** Exposures of all arms a day; null where it is not known. */
  readonly exposuresPerDay: number | null;
}

export interface PlannedSize {
  /** What the control, and each arm that is no better, will have converted. */
  readonly controlConversions: number;
  readonly exposuresPerArm: number;
  /** Of all arms and platforms. */
  readonly exposures: number;
  readonly days: number | null;
  readonly mediaUsd: number | null;
  readonly perPlatform: readonly {
    readonly name: string;
    readonly exposures: number;
    readonly mediaUsd: number | null;
  }[];
}

/** Looks are daily, from the first week on, over four weeks; finer or longer ones change the size by a few percent. */
const LOOKS = Array.from({ length: 22 }, (_, look) => (look + 7) / 28);
/** Every weekday is to be in it. */
const LEAST_DAYS = 7;

/** What a test takes until it calls, with this power, an arm that is better than all others by the smallest lift. */
export function planSize(question: SizeQuestion): PlannedSize {
  const { platforms, arms, exposuresPerDay } = question;
  const controlConversions = neededConversions(question);
  const rate = platforms.reduce((sum, { baselineRate }) => sum + baselineRate, 0) / platforms.length;
  const exposuresPerArm = Math.ceil(controlConversions / rate);
  const exposures = exposuresPerArm * arms;
  const perPlatform = platforms.map(({ name, usdPerThousand }) => {
    const own = exposures / platforms.length;
    return { name, exposures: own, mediaUsd: usdPerThousand === null ? null : (own * usdPerThousand) / 1000 };
  });
  return {
    controlConversions,
    exposuresPerArm,
    exposures,
    days: exposuresPerDay === null ? null : Math.max(LEAST_DAYS, Math.ceil(exposures / exposuresPerDay)),
    mediaUsd: perPlatform.reduce<number | null>(
      (sum, { mediaUsd }) => (sum === null || mediaUsd === null ? null : sum + mediaUsd),
      0,
    ),
    perPlatform,
  };
}

/** The most arms, up to `most`, among which the budget finds the smallest lift; 0 where it does not even among two, or the media's price is not known. */
export function mostArms(question: Omit<SizeQuestion, 'arms'>, budgetUsd: number, most: number): number {
  const fits = (arms: number): boolean => {
    const { mediaUsd } = planSize({ ...question, arms });
    return mediaUsd !== null && mediaUsd <= budgetUsd;
  };
  if (!fits(2)) return 0;
  let fitting = 2;
  let tooMany = most + 1;
  while (tooMany - fitting > 1) {
    const arms = Math.floor((fitting + tooMany) / 2);
    if (fits(arms)) fitting = arms;
    else tooMany = arms;
  }
  return fitting;
}

function neededConversions({ smallestLift, arms, method, falseCallLimit, power }: SizeQuestion): number {
  const lift = Math.log1p(smallestLift);
  const limit = falseCallLimit / arms;
  const plannedBounds = method === 'planned_looks' ? obrienFlemingBounds(LOOKS, limit) : undefined;
  const isEnough = (conversions: number): boolean => {
    // Of two arms at equal exposure: one over the variance of the log ratio of their conversions.
    const information = (conversions * (1 + smallestLift)) / (2 + smallestLift);
    const drift = lift * Math.sqrt(information);
    const bounds = plannedBounds ?? LOOKS.map((look) => anytimeBound(look * information, lift, limit));
    const beatsOne = crossingProbabilities(LOOKS, bounds, drift).at(-1) ?? 0;
    return beatsAll(beatsOne, arms - 1) >= power;
  };
  // One rival and one look at the end is the least it can take.
  let low = fixedHorizonConversions(smallestLift, limit, power);
  let high = 1.1 * low;
  while (!isEnough(high) && high < 1e14) [low, high] = [high, 1.3 * high];
  while (high - low > Math.max(0.5, 1e-3 * high)) {
    const middle = 0.5 * (low + high);
    if (isEnough(middle)) high = middle;
    else low = middle;
  }
  return Math.ceil(high);
}

/** z from which the mixture for lifts of this size passes 1 / limit. */
function anytimeBound(information: number, lift: number, limit: number): number {
  const rho = 1 / (lift * lift);
  const needed = -Math.log(limit);
  let low = 0;
  let high = 60;
  while (high - low > 1e-6) {
    const middle = 0.5 * (low + high);
    if (logOneSidedMixture(middle * Math.sqrt(information), information, rho) < needed) low = middle;
    else high = middle;
  }
  return high;
}

/**
 * Chance to beat all rivals that are alike, where it is so to beat one: the scores share the leader's own chance, so that
 * they are correlated by a half. P(all) = integral of phi(x) Phi(x + sqrt 2 z)^rivals, z the one's normal score.
 */
function beatsAll(beatsOne: number, rivals: number): number {
  if (rivals === 1) return beatsOne;
  if (!(beatsOne > 1e-12)) return 0;
  const z = beatsOne > 0.5 ? -normalQuantile(Math.max(1e-15, 1 - beatsOne)) : normalQuantile(beatsOne);
  const [all = 0] = integrate(
    (x, out) => {
      out[0] = normalDensity(x) * normalLower(x + Math.SQRT2 * z) ** rivals;
    },
    1,
    [-8, -4, -2, 0, 2, 4, 8],
    () => 1e-9,
  );
  return all;
}

/** Conversions of the control that a single look at the end would need, without any peeking: to compare with. */
export function fixedHorizonConversions(smallestLift: number, limit: number, power: number): number {
  const z = normalQuantile(1 - limit) + normalQuantile(power);
  return Math.ceil(((z / Math.log1p(smallestLift)) ** 2 * (2 + smallestLift)) / (1 + smallestLift));
}
