import { solve } from '../../analysis/firth.ts';
import { entry } from '../../analysis/special-functions/array-entry.ts';
import { normalDensity, normalLower } from '../../analysis/special-functions/normal.ts';
import { FACTORS, type Factor, type Mutations } from '../../domain/mutations.ts';
import type { MeasuredVideo } from './learned.ts';

/** What may be hoped of one level in place of another, on the log rate; from what was measured, and before it from experience. */
export interface Hope {
  /** That it is better. */
  readonly chance: number;
  /** By how much it is expected to be better, counting 0 where it is not: what trying it is worth. */
  readonly gain: number;
}

/**
 * How far levels of a factor, and films made of the same levels, lie apart before anything is measured: standard deviations
 * of the log rate. Half of what two ads of one campaign commonly differ by goes to neither.
 */
const LEVEL_SPREAD = 0.1;
const FILM_SPREAD = 0.1;
/** Weeks differ by whatever they like. */
const ROUND_SPREAD = 2;

/**
 * A normal model of log rates: a level for each round, an effect for each level, luck for each film, and chance. It weighs
 * also what nobody could claim, such as a level that one film alone has carried; so it only says where to look next.
 */
export function hopesOf(
  videos: readonly MeasuredVideo[],
): (factor: Factor, level: string, against: string) => Hope {
  const mean = videos.reduce((sum, { logRate }) => sum + logRate, 0) / Math.max(1, videos.length);
  const covariance = videos.map((one) =>
    videos.map(
      (other) =>
        LEVEL_SPREAD ** 2 * sharedLevels(one.levels, other.levels) +
        (one.film === other.film ? FILM_SPREAD ** 2 : 0) +
        (one.round === other.round ? ROUND_SPREAD ** 2 : 0) +
        (one === other ? one.variance : 0),
    ),
  );
  const weights =
    solve(
      covariance,
      videos.map(({ logRate }) => logRate - mean),
    ) ?? [];

  return (factor, level, against) => {
    // How the difference goes with each video, by what is known beforehand.
    const prior = LEVEL_SPREAD ** 2;
    const shared = videos.map(
      ({ levels }) => prior * (Number(levels[factor] === level) - Number(levels[factor] === against)),
    );
    const explained = dot(shared, solve(covariance, shared) ?? []);
    const expected = dot(shared, weights);
    const spread = Math.sqrt(Math.max(1e-12, 2 * prior - explained));
    const z = expected / spread;
    const chance = normalLower(z);
    return { chance, gain: spread * normalDensity(z) + expected * chance };
  };
}

function sharedLevels(one: Mutations, other: Mutations): number {
  return FACTORS.filter((factor) => one[factor] !== undefined && one[factor] === other[factor]).length;
}

function dot(one: readonly number[], other: readonly number[]): number {
  return one.reduce((sum, value, index) => sum + value * entry(other, index), 0);
}
