import { ASSIGNMENTS, type Assignment, DEFAULT_ASSIGNMENT } from '../domain/assignment.ts';
import type { Arm } from './cells.ts';
import type { AnalysisRules } from './rules.ts';
import { type ComparedGroup, comparedGroups, leftOutStratum } from './standings.ts';
import { columnOf, type StratumGroup, type StratumTable, strataOf } from './stratum-table.ts';
import type { TestData } from './test-data.ts';
import type { LeftOutStratum, MetricKind } from './verdict.ts';

/** The parts of an analysis that its steps share. */
export interface Work {
  readonly data: TestData;
  readonly rules: AnalysisRules;
  readonly kind: MetricKind;
  readonly table: StratumTable;
  readonly groups: readonly StratumGroup[];
  readonly strata: readonly number[];
  readonly byPlatform: ReadonlyMap<string, readonly number[]>;
  /** The last day of each arm that was shown and is no more, by its id. */
  readonly stopped: ReadonlyMap<string, string>;
  /** Shown at all; and those of them that still run. */
  readonly shown: readonly Arm[];
  readonly running: readonly Arm[];
}

/** What is compared: the groups of the most trustworthy assignment in which all arms that run were shown. */
export interface Compared {
  readonly assignment: Assignment | null;
  readonly used: readonly ComparedGroup[];
  readonly usedStrata: readonly number[];
  /** The same groups over all their days: pairs are compared on every day that both were shown. */
  readonly whole: readonly StratumGroup[];
  readonly strata: readonly number[];
  readonly leftOut: readonly LeftOutStratum[];
}

export function comparison({ data, table, groups, running, kind }: Work): Compared {
  for (const assignment of ASSIGNMENTS) {
    const own = groups.filter(({ platform }) => assignmentOf(data, platform) === assignment);
    const { used, leftOut } = comparedGroups(table, own, running, kind);
    if (used.length === 0) continue;
    const others = groups.filter((group) => !own.includes(group));
    const isUsed = ({ platform, cell }: StratumGroup) =>
      used.some((group) => group.platform === platform && group.cell === cell);
    const whole = own.filter(isUsed);
    return {
      assignment,
      used,
      usedStrata: strataOf(used),
      whole,
      strata: strataOf(whole),
      leftOut: [...leftOut, ...others.map((group) => leftOutStratum(table, group, 'other_assignment', []))],
    };
  }
  const { leftOut } = comparedGroups(table, groups, running, kind);
  return { assignment: null, used: [], usedStrata: [], whole: [], strata: [], leftOut };
}

/** An arm that was not shown on this many of the last days, while others were, has stopped. */
const STOPPED_AFTER_DAYS = 3;

export function stoppedArms(table: StratumTable, shown: readonly Arm[]): ReadonlyMap<string, string> {
  const lastDays = new Map<string, string>();
  const daysShown = new Set<string>();
  for (const { id } of shown) {
    const { exposures } = columnOf(table, id);
    // Strata are by day, so that the last one set is the last day.
    table.strata.forEach(({ day }, s) => {
      if (!((exposures[s] ?? 0) > 0)) return;
      lastDays.set(id, day);
      daysShown.add(day);
    });
  }
  const days = [...daysShown].sort();
  return new Map(
    [...lastDays].filter(([, last]) => days.length - 1 - days.indexOf(last) >= STOPPED_AFTER_DAYS),
  );
}

export function assignmentOf({ assignment = {} }: TestData, platform: string): Assignment {
  return Object.hasOwn(assignment, platform)
    ? (assignment[platform] ?? DEFAULT_ASSIGNMENT)
    : DEFAULT_ASSIGNMENT;
}
