import type { Assignment } from '../domain/assignment.ts';
import type { Arm } from './cells.ts';
import { chiSquareUpper } from './special-functions/gamma.ts';
import { logGamma } from './special-functions/log-gamma.ts';
import type { DataProblem } from './verdict.ts';

/**
 * Whether units came to the arms in the shares that were meant. Only for units that were drawn each by itself (users,
 * reach): impressions come in clusters of people, and clicks and spend follow what the arm does.
 */

/** P of a chi-square as large as this; 1 where fewer than two arms have a share. Arms that were to get nothing don't count. */
export function sampleRatioPValue(units: readonly number[], shares: readonly number[]): number {
  const counted = units.flatMap((count, arm) => {
    const share = shares[arm] ?? 0;
    return share > 0 ? [{ count, share }] : [];
  });
  const total = counted.reduce((sum, { count }) => sum + count, 0);
  const shareTotal = counted.reduce((sum, { share }) => sum + share, 0);
  if (counted.length < 2 || total === 0) return 1;
  const chiSquare = counted.reduce((sum, { count, share }) => {
    const expected = (total * share) / shareTotal;
    return sum + (count - expected) ** 2 / expected;
  }, 0);
  return chiSquareUpper(chiSquare, counted.length - 1);
}

export interface SampleRatioCourse {
  /** By look, the log probability of the units so far, in their order: under free shares (Dirichlet), and under the planned ones. */
  readonly logFree: readonly number[];
  readonly logPlanned: readonly number[];
  /** A p-value that may be looked at after each increment. */
  readonly pValue: number;
}

/**
 * The same, looked at as it comes in: the ratio of the two probabilities is a likelihood ratio that passes 1/alpha, ever,
 * with probability alpha at most (Lindon and Malek 2020, arXiv 2011.03567).
 * @param shares planned, summing to 1; an increment has a count for each
 */
export function sampleRatioCourse(
  increments: readonly (readonly number[])[],
  shares: readonly number[],
): SampleRatioCourse {
  const seen = shares.map(() => 1);
  let free = 0;
  let planned = 0;
  let largest = 0;
  const logFree: number[] = [];
  const logPlanned: number[] = [];
  for (const increment of increments) {
    const before = seen.reduce((sum, count) => sum + count, 0);
    const added = increment.reduce((sum, count) => sum + count, 0);
    free += logGamma(before) - logGamma(before + added);
    increment.forEach((count, arm) => {
      const already = seen[arm] ?? 1;
      free += logGamma(already + count) - logGamma(already);
      if (count > 0) planned += count * Math.log(shares[arm] ?? 0);
      seen[arm] = already + count;
    });
    logFree.push(free);
    logPlanned.push(planned);
    largest = Math.max(largest, free - planned);
  }
  return { logFree, logPlanned, pValue: Math.exp(-largest) };
}

/** Units of one arm on one platform and day, drawn each by itself. */
export interface SampleUnits {
  readonly platform: string;
  readonly armId: string;
  readonly day: string;
  readonly count: number;
  /** The share of the platform's units that the arm was to get; equal shares where no arm has one. */
  readonly share?: number;
}

/** So rare a mismatch is a defect of the split, not chance. */
const MISMATCH_BELOW = 0.001;

/** A problem for each platform whose units came in other shares than was meant; only where people were split by chance. */
export function sampleRatioProblems(
  units: readonly SampleUnits[],
  arms: readonly Arm[],
  assignmentOf: (platform: string) => Assignment,
): readonly DataProblem[] {
  const platforms = [...new Set(units.map(({ platform }) => platform))];
  return platforms.flatMap((platform): DataProblem[] => {
    if (assignmentOf(platform) === 'observational_delivery') return [];
    const own = units.filter((one) => one.platform === platform && one.count >= 0 && one.count < 1e12);
    const planned = arms.map(
      ({ id }) => own.find((one) => one.armId === id && one.share !== undefined)?.share ?? 0,
    );
    const total = planned.reduce((sum, share) => sum + share, 0);
    const counted = arms.flatMap(({ id }, arm) => {
      const share = total > 0 ? (planned[arm] ?? 0) / total : 1 / arms.length;
      return share > 0 ? [{ id, share }] : [];
    });
    if (counted.length < 2) return [];
    const days = [...new Set(own.map(({ day }) => day))].sort();
    const increments = days.map((day) =>
      counted.map(({ id }) =>
        own.filter((one) => one.day === day && one.armId === id).reduce((sum, { count }) => sum + count, 0),
      ),
    );
    const { pValue } = sampleRatioCourse(
      increments,
      counted.map(({ share }) => share),
    );
    if (!(pValue < MISMATCH_BELOW)) return [];
    const found = `${platform}: units came to the variants in other shares than planned (p = ${pValue.toExponential(1)})`;
    return [{ code: 'sample_ratio_mismatch', found, platform, day: days.at(-1) ?? '' }];
  });
}
