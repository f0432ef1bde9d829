import { explorationShares } from './allocation.ts';
import { type Arm, named } from './cells.ts';
import type { Compared, Work } from './compared.ts';
import type { Contest } from './contest.ts';
import { holm } from './multiple-comparisons.ts';
import { relativeLift } from './pair-evidence.ts';
import { dayDispersion, isNotableDispersion } from './safeguards.ts';
import { type Standing, standardised, usedStratum } from './standings.ts';
import { columnOf, shownIn, sumOver } from './stratum-table.ts';
import type { ArmEvidence, Comparison, Evidence, Flag, PlatformEvidence } from './verdict.ts';

/** Counts, days and strata; nothing that compares. */
export function bareEvidence(work: Work, compared: Compared): Evidence {
  const { data, rules, table, shown } = work;
  const strata = compared.used.length > 0 ? compared.usedStrata : work.strata;
  const columns = shown.map(({ id }) => columnOf(table, id));
  const shownDays = strata
    .filter((s) => columns.some(({ exposures }) => (exposures[s] ?? 0) > 0))
    .map((s) => table.strata[s]?.day ?? '');
  const days = [...new Set(shownDays)].sort();
  return {
    metric: data.metric,
    assignment: compared.assignment,
    method: rules.method,
    rules,
    arms: data.arms.map((arm) => armEvidence(work, compared, arm, undefined, new Map())),
    comparisons: [],
    platforms: null,
    days: days.length,
    firstDay: days[0] ?? null,
    lastDay: days.at(-1) ?? null,
    minimum: rules.minimum,
    strata: { used: compared.used.map((group) => usedStratum(table, group)), leftOut: compared.leftOut },
    leftOutCells: data.leftOutCells ?? { unsettled: 0, learning: 0 },
    basis: data.basis ?? null,
    guardrails: [],
    flags: [],
    factors: [],
  };
}

export function armEvidence(
  { table, byPlatform, kind, rules, strata, stopped }: Work,
  { used, usedStrata }: Compared,
  arm: Arm,
  contest: Contest | undefined,
  standing: ReadonlyMap<string, Standing>,
): ArmEvidence {
  const column = columnOf(table, arm.id);
  const own = standing.get(arm.id);
  const isRival = contest?.arms.includes(arm) === true;
  const platforms = [...byPlatform].filter(([, own]) => shownIn(column, own).length > 0);
  return {
    variantId: arm.id,
    name: arm.name,
    ...countsOf(sumOver(column, strata)),
    compared: countsOf(sumOver(column, usedStrata)),
    days: new Set(shownIn(column, usedStrata).map((s) => table.strata[s]?.day)).size,
    stoppedOn: stopped.get(arm.id) ?? null,
    rate: own?.rate ?? null,
    interval: own?.interval ?? null,
    credible95: own?.credible95 ?? null,
    probabilityBest: own?.probabilityBest ?? null,
    expectedLoss: own?.expectedLoss ?? null,
    adviceShare: null,
    logEBest: isRival ? contest.logEBest(arm) : null,
    logENotBest: isRival ? contest.logENotBest(arm) : null,
    isInBestSet: isRival && contest.bestSet.includes(arm),
    perPlatform: platforms.map(([platform, here]): PlatformEvidence => {
      const rate =
        own === undefined
          ? undefined
          : standardised(
              column,
              used.filter((group) => group.platform === platform),
              kind,
              rules.falseCallLimit,
            );
      return {
        platform,
        ...countsOf(sumOver(column, here)),
        rate: rate?.rate ?? null,
        interval: rate?.interval ?? null,
      };
    }),
  };
}

function countsOf({ exposures, conversions }: { exposures: number; conversions: number }) {
  return { exposures, conversions };
}

export function withAdvice(arms: readonly ArmEvidence[]): readonly ArmEvidence[] {
  const contested = arms.filter(({ probabilityBest }) => probabilityBest !== null);
  const shares = explorationShares(contested.map(({ probabilityBest }) => probabilityBest ?? 0));
  return arms.map((arm) => {
    const place = contested.indexOf(arm);
    return place < 0 ? arm : { ...arm, adviceShare: shares[place] ?? null };
  });
}

export function comparisonsOf(
  contest: Contest,
  leader: Arm,
  rivals: readonly Arm[],
  ways: number,
): readonly Comparison[] {
  const pairs = rivals.map((rival) => ({ rival, pair: contest.between(leader, rival) }));
  const pValues = pairs.map(({ pair }) => Math.min(1, Math.exp(-(pair?.logEBetter ?? 0))));
  const adjusted = holm(pValues);
  return pairs.map(({ rival, pair }, i) => ({
    ...named(rival),
    logEBetter: pair?.logEBetter ?? null,
    logEWorse: pair?.logEWorse ?? null,
    lift: relativeLift(pair, ways),
    pValue: pair === undefined || pair.logEBetter === null ? null : (adjusted[i] ?? null),
  }));
}

/** Platforms whose odds ratios differ more than in one of a hundred tests by chance are told of. */
const NOTABLE_HETEROGENEITY = 0.01;
const FEW_A_DAY = 5;

export function flagsOf(
  { table, data, rules, kind, shown, stopped }: Work,
  { strata, used }: Compared,
  first: Arm,
  next: Arm,
  heterogeneity: number | null,
): Flag[] {
  const raw = (arm: Arm): number => {
    const { exposures, conversions } = sumOver(columnOf(table, arm.id), strata);
    return conversions / exposures;
  };
  const rateOf = (arm: Arm) =>
    standardised(columnOf(table, arm.id), used, kind, rules.falseCallLimit)?.rate ?? 0;
  const { unsettled, learning } = data.leftOutCells ?? { unsettled: 0, learning: 0 };
  const days = new Set(strata.map((s) => table.strata[s]?.day)).size;
  const daily = sumOver(columnOf(table, next.id), strata).conversions / days;
  const varies =
    rules.method === 'anytime_counts' &&
    isNotableDispersion(dayDispersion(table, strata, first, next, kind === 'mean'));
  return [
    ...shown.flatMap(({ id, name }): Flag[] => {
      const last = stopped.get(id);
      return last === undefined ? [] : [{ code: 'arms_stopped', found: `${name} was last shown on ${last}` }];
    }),
    ...(unsettled + learning > 0
      ? [
          {
            code: 'days_left_out' as const,
            found: `${unsettled} unsettled and ${learning} learning-phase rows are left out`,
          },
        ]
      : []),
    ...(raw(first) < raw(next) && rateOf(first) > rateOf(next)
      ? [
          {
            code: 'simpson' as const,
            found: `pooled over places ${next.name} looks better than ${first.name}; place by place it is not`,
          },
        ]
      : []),
    ...(heterogeneity !== null && heterogeneity < NOTABLE_HETEROGENEITY
      ? [{ code: 'platforms_differ' as const, found: `the lead of ${first.name} differs between platforms` }]
      : []),
    ...(varies
      ? [
          {
            code: 'days_vary' as const,
            found: 'days vary more than by chance: the next test should be analysed by days',
          },
        ]
      : []),
    ...(rules.method === 'anytime_days' && daily < FEW_A_DAY
      ? [
          {
            code: 'thin_days' as const,
            found: `fewer than ${FEW_A_DAY} conversions a day: days are no even measure`,
          },
        ]
      : []),
  ];
}
