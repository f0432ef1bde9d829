import type { Arm } from './cells.ts';
import { compareArms } from './comparison.ts';
import {
  credibleInterval,
  type RatePosterior,
  standardisedMean,
  standardisedPosterior,
  standardisedRate,
  type WeightedCounts,
} from './posterior.ts';
import { asymptoticSequence, proportionSequence } from './rate-interval.ts';
import { entry } from './special-functions/array-entry.ts';
import {
  type ArmColumn,
  type Counts,
  columnOf,
  type StratumGroup,
  type StratumTable,
  shownIn,
  sumOver,
} from './stratum-table.ts';
import type { LeftOutStratum, MetricKind, UsedStratum } from './verdict.ts';

/** A platform and cell in which all compared arms were shown over the same days, and its share of all exposures. */
export interface ComparedGroup extends StratumGroup {
  readonly weight: number;
}

export interface ComparedGroups {
  readonly used: readonly ComparedGroup[];
  readonly leftOut: readonly LeftOutStratum[];
}

/** Under one expected conversion, the half conversion of the prior would speak louder than the data. */
const LEAST_EXPECTED_CONVERSIONS = 1;

/**
 * The groups of strata in which every compared arm has something to say, each over the days from the last arm's
 * start to the first one's end there (an arm that came later is not compared with the others' earlier days); and why
 * the other groups are left out.
 */
export function comparedGroups(
  table: StratumTable,
  groups: readonly StratumGroup[],
  arms: readonly Arm[],
  kind: MetricKind,
): ComparedGroups {
  const looked = groups.map((group) => {
    const absent = arms.filter(({ id }) => shownIn(columnOf(table, id), group.strata).length === 0);
    const common = absent.length > 0 ? [] : commonDays(table, group, arms);
    const isShared = arms.every(({ id }) => shownIn(columnOf(table, id), common).length > 0);
    return { group, absent, shared: { ...group, strata: isShared ? common : [] } };
  });
  const shared = arms.length === 0 ? [] : looked.filter(({ shared: { strata } }) => strata.length > 0);
  const thin = new Map(shared.map(({ group, shared: days }) => [group, thinArms(table, days, arms, kind)]));
  // Where all are thin there is no better one to prefer, and the minimum of conversions says what is missing.
  const full = shared.filter(({ group }) => thin.get(group)?.length === 0);
  const used = full.length > 0 ? full : shared;
  const exposuresIn = ({ strata }: StratumGroup) => totalOver(table, strata).exposures;
  const total = used.reduce((sum, { shared: days }) => sum + exposuresIn(days), 0);
  return {
    used: used.map(({ shared: days }) => ({ ...days, weight: exposuresIn(days) / total })),
    leftOut: looked
      .filter((one) => !used.includes(one))
      .map(({ group, absent, shared: days }) => {
        const isShared = days.strata.length > 0;
        const concerned = isShared ? (thin.get(group) ?? []) : absent.length > 0 ? absent : arms;
        return leftOutStratum(table, group, isShared ? 'too_thin' : 'not_shared', concerned);
      }),
  };
}

export function leftOutStratum(
  table: StratumTable,
  { platform, cell, strata }: StratumGroup,
  reason: LeftOutStratum['reason'],
  arms: readonly Arm[],
): LeftOutStratum {
  const { exposures, conversions } = totalOver(table, strata);
  return { platform, cell, exposures, conversions, reason, arms: arms.map(({ name }) => name) };
}

export function usedStratum(table: StratumTable, group: ComparedGroup): UsedStratum {
  const { exposures, conversions } = totalOver(table, group.strata);
  return { platform: group.platform, cell: group.cell, exposures, conversions, weight: group.weight };
}

function commonDays(table: StratumTable, { strata }: StratumGroup, arms: readonly Arm[]): readonly number[] {
  const dayOf = (s: number | undefined) => table.strata[s ?? -1]?.day ?? '';
  let from = '';
  let to = '\uffff';
  for (const { id } of arms) {
    const shown = shownIn(columnOf(table, id), strata);
    if (dayOf(shown[0]) > from) from = dayOf(shown[0]);
    if (dayOf(shown.at(-1)) < to) to = dayOf(shown.at(-1));
  }
  // Conversions of the last days may still be dated after them, where nothing was shown any more.
  const anyoneAfter = strata.some(
    (s) => dayOf(s) > to && arms.some(({ id }) => entry(columnOf(table, id).exposures, s) > 0),
  );
  return strata.filter((s) => dayOf(s) >= from && (dayOf(s) <= to || !anyoneAfter));
}

function thinArms(
  table: StratumTable,
  { strata }: StratumGroup,
  arms: readonly Arm[],
  kind: MetricKind,
): readonly Arm[] {
  if (kind === 'mean') return arms.filter(({ id }) => sumOver(columnOf(table, id), strata).exposures < 2);
  const { exposures, conversions } = totalOver(table, strata);
  return arms.filter(({ id }) => {
    const own = sumOver(columnOf(table, id), strata).exposures;
    return (own * conversions) / exposures < LEAST_EXPECTED_CONVERSIONS;
  });
}

function totalOver({ columns }: StratumTable, strata: readonly number[]): Counts {
  const total = { exposures: 0, conversions: 0, squares: 0 };
  for (const column of columns.values()) {
    const { exposures, conversions, squares } = sumOver(column, strata);
    total.exposures += exposures;
    total.conversions += conversions;
    total.squares += squares;
  }
  return total;
}

/** An arm's rate under the mix that the arms share. */
export interface StandardisedRate {
  readonly rate: number;
  readonly interval: readonly [number, number];
  readonly posterior: RatePosterior;
}

/** Undefined where nothing is compared. */
export function standardised(
  column: ArmColumn,
  groups: readonly ComparedGroup[],
  kind: MetricKind,
  alpha: number,
): StandardisedRate | undefined {
  if (groups.length === 0) return undefined;
  const total = groups.reduce((sum, { weight }) => sum + weight, 0);
  const counts = groups.map(
    ({ strata, weight }): WeightedCounts => ({ ...sumOver(column, strata), weight: weight / total }),
  );
  const rate = counts.reduce((sum, one) => sum + (one.weight * one.conversions) / one.exposures, 0);
  const basis = counts.reduce((sum, one) => sum + (kind === 'mean' ? one.exposures : one.conversions), 0);
  switch (kind) {
    case 'proportion': {
      const posterior = standardisedPosterior(counts);
      return { rate, posterior, interval: proportionSequenceOf(posterior, counts, alpha) };
    }
    case 'rate': {
      const posterior = standardisedRate(counts);
      const [low, high] = asymptoticSequence(posterior, basis, alpha);
      return { rate, posterior, interval: [Math.max(0, low), high] };
    }
    case 'mean': {
      const posterior = standardisedMean(counts);
      return { rate, posterior, interval: asymptoticSequence(posterior, basis, alpha) };
    }
  }
}

function proportionSequenceOf(
  { mean, variance }: RatePosterior,
  counts: readonly WeightedCounts[],
  alpha: number,
): readonly [number, number] {
  const [only] = counts;
  if (only !== undefined && counts.length === 1)
    return proportionSequence(only.conversions, only.exposures - only.conversions, alpha);
  const sum = (mean * (1 - mean)) / variance - 1;
  return proportionSequence(Math.max(0, mean * sum - 0.5), Math.max(0, (1 - mean) * sum - 0.5), alpha);
}

export interface Standing extends StandardisedRate {
  readonly credible95: readonly [number, number];
  readonly probabilityBest: number;
  readonly expectedLoss: number;
}

/** Every compared arm's rate, P(best) and expected loss, by the arm's id; empty where nothing is compared. */
export function standings(
  table: StratumTable,
  arms: readonly Arm[],
  groups: readonly ComparedGroup[],
  kind: MetricKind,
  alpha: number,
): ReadonlyMap<string, Standing> {
  const rates = arms.flatMap(({ id }) => {
    const rate = standardised(columnOf(table, id), groups, kind, alpha);
    return rate === undefined ? [] : [{ id, rate }];
  });
  const compared = compareArms(rates.map(({ rate }) => rate.posterior));
  return new Map(
    rates.map(({ id, rate }, i) => [
      id,
      {
        ...rate,
        credible95: credibleInterval(rate.posterior, 0.95),
        probabilityBest: compared[i]?.probabilityBest ?? 0,
        expectedLoss: compared[i]?.expectedLoss ?? 0,
      },
    ]),
  );
}
