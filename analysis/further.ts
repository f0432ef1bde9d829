import type { Arm } from './cells.ts';
import type { Compared, Work } from './compared.ts';
import type { Contest } from './contest.ts';
import { logTwoSidedMixture } from './normal-mixture.ts';
import type { PairEvidence } from './pair-evidence.ts';
import type { AnalysisRules } from './rules.ts';
import { columnOf, sumOver } from './stratum-table.ts';
import type { Further, Range } from './verdict.ts';

/** What a call of the leader may still take: what its most stubborn rival takes. Null where nothing can be said of it. */
export function furtherOf(
  { table, rules, data }: Work,
  { strata }: Compared,
  contest: Contest,
  leader: Arm,
  rivals: readonly Arm[],
): Further | null {
  const needed = rivals.map((rival) => {
    const pair = contest.between(leader, rival);
    return pair === undefined ? null : furtherInformation(pair, data.arms.length, rules);
  });
  const known = needed.filter((one) => one !== null);
  if (known.length < needed.length || known.length === 0) return null;
  const most = (of: (one: (typeof known)[number]) => number | null): number | null =>
    known
      .map(of)
      .reduce((largest, one) => (largest === null || one === null ? null : Math.max(largest, one)));
  const times: Range = {
    least: most(({ least }) => least) ?? 0,
    expected: most(({ expected }) => expected),
    most: most(({ most }) => most),
  };
  const exposures = contest.arms.reduce(
    (sum, { id }) => sum + sumOver(columnOf(table, id), strata).exposures,
    0,
  );
  const days = new Set(strata.map((s) => table.strata[s]?.day)).size;
  const { mediaUsdPerExposure: price } = rules;
  return {
    exposures: scaled(times, exposures),
    days: scaled(times, days),
    mediaUsd: price === null ? null : scaled(times, exposures * price),
  };
}

function scaled({ least, expected, most }: Range, by: number): Range {
  return {
    least: least * by,
    expected: expected === null ? null : expected * by,
    most: most === null ? null : most * by,
  };
}

/** What is still needed before the first is called better than the second. */
interface FurtherInformation {
  /** Times the information so far, beyond it: at a lift as large as is still plausible, at the likeliest, at a small one; null for "perhaps never". */
  readonly least: number;
  readonly expected: number | null;
  readonly most: number | null;
}

/** 80% of a normal distribution lies within this many standard deviations. */
const PLAUSIBLE = 1.2816;
/** More than this many times the information so far counts as never. */
const NEVER = 1000;

/** How far the evidence is from the call, by the normal approximation, at three lifts from the 80% range of the estimate. */
function furtherInformation(
  { likeliest, information }: PairEvidence,
  ways: number,
  rules: Pick<AnalysisRules, 'falseCallLimit' | 'smallestLift'>,
): FurtherInformation | null {
  if (!(information > 0) || !Number.isFinite(likeliest)) return null;
  const threshold = Math.log(ways / rules.falseCallLimit);
  const rho = 1 / Math.log1p(rules.smallestLift) ** 2;
  const needed = (lift: number): number | null => {
    const reaches = (times: number): boolean => {
      const total = information * (1 + times);
      const score = information * likeliest + lift * information * times;
      return score > 0 && Math.LN2 + logTwoSidedMixture(score, total, rho) >= threshold;
    };
    if (reaches(0)) return 0;
    if (lift <= 0 || !reaches(NEVER)) return null;
    let low = 0;
    let high = NEVER;
    while (high - low > 1e-3 * high) {
      const middle = 0.5 * (low + high);
      if (reaches(middle)) high = middle;
      else low = middle;
    }
    return high;
  };
  const error = PLAUSIBLE / Math.sqrt(information);
  const least = needed(likeliest + error);
  return least === null ? null : { least, expected: needed(likeliest), most: needed(likeliest - error) };
}
