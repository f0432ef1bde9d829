import type { DataProblem, DataProblemCode } from './verdict.ts';

/** One arm of a test. */
export interface Arm {
  readonly id: string;
  readonly name: string;
}

/** What one arm got in one stratum on one day. */
export interface Cell {
  readonly armId: string;
  readonly platform: string;
  /** The comparison cell inside the platform (ad set, market): something that arms share, so never an ad's own id. */
  readonly cell: string;
  /** YYYY-MM-DD. */
  readonly day: string;
  readonly exposures: number;
  readonly conversions: number;
}

/** One arm's total in one stratum. */
export interface Tally {
  exposures: number;
  conversions: number;
  readonly days: Set<string>;
}

export interface Stratum {
  readonly platform: string;
  readonly cell: string;
  readonly tallies: ReadonlyMap<string, Tally>;
}

/** In no id or name that comes out of a database. */
const SEPARATOR = '\u0000';

/** The cells added up, and everything that is wrong with them. */
export interface CellTotals {
  /** By platform and comparison cell, in the order of their first appearance; cells with a fault are left out. */
  readonly strata: readonly Stratum[];
  readonly problems: readonly DataProblem[];
}

/** Sums the cells over days. A count may be fractional: some platforms report modelled conversions. */
export function totalCells(cells: readonly Cell[], arms: readonly Arm[]): CellTotals {
  const names = new Map(arms.map(({ id, name }) => [id, name]));
  const strata = new Map<string, { platform: string; cell: string; tallies: Map<string, Tally> }>();
  const problems: DataProblem[] = [];
  const seen = new Set<string>();
  for (const one of cells) {
    const { armId, platform, cell, day, exposures, conversions } = one;
    const faults = faultsOf(one, names.has(armId));
    const stratumKey = `${platform}${SEPARATOR}${cell}`;
    const key = `${stratumKey}${SEPARATOR}${armId}${SEPARATOR}${day}`;
    if (seen.has(key)) faults.push({ code: 'duplicate_day', what: 'more than one row' });
    seen.add(key);
    for (const { code, what } of faults) {
      const found = `${names.get(armId) ?? armId} on ${platform}, ${day}: ${what}`;
      problems.push({ code, found, variantId: armId, platform, cell, day });
    }
    if (faults.length > 0) continue;

    const stratum = strata.get(stratumKey) ?? { platform, cell, tallies: new Map<string, Tally>() };
    strata.set(stratumKey, stratum);
    const tally = stratum.tallies.get(armId) ?? { exposures: 0, conversions: 0, days: new Set<string>() };
    stratum.tallies.set(armId, tally);
    tally.exposures += exposures;
    tally.conversions += conversions;
    if (exposures > 0) tally.days.add(day);
  }
  const totals = [...strata.values()];
  return { strata: totals, problems: [...problems, ...problemsInStrata(totals, arms)] };
}

function faultsOf(one: Cell, isKnown: boolean): { code: DataProblemCode; what: string }[] {
  const faults: { code: DataProblemCode; what: string }[] = [];
  if (!isKnown) faults.push({ code: 'unknown_arm', what: 'no such variant in this test' });
  if (!isDay(one.day)) faults.push({ code: 'bad_day', what: 'not a day of the form YYYY-MM-DD' });
  for (const name of ['exposures', 'conversions'] as const) {
    if (!isCount(one[name])) faults.push({ code: 'bad_count', what: `${one[name]} ${name}` });
  }
  return faults;
}

/**
 * Arms that converted more often than they were shown, by stratum. Not by day: a conversion may be reported
 * on a later day than the exposure it came from.
 */
function problemsInStrata(strata: readonly Stratum[], arms: readonly Arm[]): DataProblem[] {
  return strata.flatMap(({ platform, cell, tallies }) =>
    arms.flatMap(({ id, name }): DataProblem[] => {
      const { exposures, conversions } = tallies.get(id) ?? { exposures: 0, conversions: 0 };
      if (conversions <= exposures) return [];
      const found = `${name} on ${platform}: ${conversions} conversions of ${exposures} exposures`;
      return [{ code: 'conversions_exceed_exposures', found, variantId: id, platform, cell }];
    }),
  );
}

/** More than this is no count of people or views, and the posterior's precision is promised up to here. */
const LARGEST_COUNT = 1e12;

function isCount(value: number): boolean {
  return value >= 0 && value <= LARGEST_COUNT;
}

/** By arithmetic: a Date for each of thousands of cells took longer than the rest of the analysis. */
function isDay(day: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(day)) return false;
  const year = Number(day.slice(0, 4));
  const month = Number(day.slice(5, 7));
  const date = Number(day.slice(8));
  if (month < 1 || month > 12 || date < 1) return false;
  return date <= 28 || date <= new Date(Date.UTC(year, month, 0)).getUTCDate();
}
