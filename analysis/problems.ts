import type { Compared, Work } from './compared.ts';
import type { AnalysisRules } from './rules.ts';
import { columnOf, shownIn, sumOver } from './stratum-table.ts';
import type { DataProblem } from './verdict.ts';

export function ruleProblems({
  falseCallLimit,
  smallestLift,
  equivalenceMargin,
  method,
  looks,
}: AnalysisRules): DataProblem[] {
  const bad = (found: string): DataProblem => ({ code: 'bad_rule', found });
  const hasLooks = looks !== null && looks.pairConversions > 0;
  return [
    ...(falseCallLimit > 0 && falseCallLimit <= 0.5
      ? []
      : [bad(`a false-call limit of ${falseCallLimit}; allowed is above 0, to 0.5`)]),
    ...(smallestLift >= 0.001 && smallestLift <= 10
      ? []
      : [bad(`a smallest lift of ${smallestLift}; allowed is 0.001 to 10`)]),
    ...(equivalenceMargin === null || (equivalenceMargin > 0 && equivalenceMargin < 1)
      ? []
      : [bad(`a margin of ${equivalenceMargin}; allowed is between 0 and 1`)]),
    ...(method !== 'planned_looks' || hasLooks
      ? []
      : [bad('planned looks without days and conversions to plan them by')]),
  ];
}

/** A problem for each arm of a platform and cell that converted more often than it was shown. Not by day: see the cells. */
export function exceeding({ table, groups, data }: Work): DataProblem[] {
  return groups.flatMap(({ platform, cell, strata }) =>
    data.arms.flatMap(({ id, name }): DataProblem[] => {
      const { exposures, conversions } = sumOver(columnOf(table, id), strata);
      if (conversions <= exposures) return [];
      const last = strata.filter((s) => (columnOf(table, id).conversions[s] ?? 0) > 0).at(-1);
      const day = table.strata[last ?? -1]?.day ?? '';
      const found = `${name} on ${platform}, to ${day}: ${conversions} conversions of ${exposures} exposures`;
      return [{ code: 'conversions_exceed_exposures', found, variantId: id, platform, cell, day }];
    }),
  );
}

export function armProblems(
  { data, table, groups, shown, running }: Work,
  compared: Compared,
): DataProblem[] {
  const [only] = shown;
  if (only === undefined) return [];
  if (shown.length === 1 && data.arms.length > 0) {
    return [{ code: 'one_arm_with_data', found: `only ${only.name} has exposures`, variantId: only.id }];
  }
  const lastDay = table.strata.at(-1)?.day ?? '';
  const without = data.arms
    .filter((arm) => !shown.includes(arm))
    .map(({ id, name }): DataProblem => {
      const platforms = [...new Set(groups.map(({ platform }) => platform))].join(', ');
      const found = `${name} has no exposures on ${platforms} to ${lastDay}, and the others have`;
      return { code: 'arm_without_data', found, variantId: id, day: lastDay };
    });
  if (without.length > 0 || running.length < 2 || compared.used.length > 0) return without;
  const places = running.map(({ id, name }) => {
    const own = groups.filter(({ strata }) => shownIn(columnOf(table, id), strata).length > 0);
    return `${name} on ${own.map(({ platform, cell }) => (cell === '' ? platform : `${platform} (${cell})`)).join(', ')}`;
  });
  return [
    {
      code: 'no_shared_stratum',
      found: `no platform and cell showed all variants over the same days: ${places.join('; ')}`,
    },
  ];
}
