import { type Arm, type Cell, SEPARATOR } from './cells.ts';
import { entry } from './special-functions/array-entry.ts';

/** Where and when arms are compared with each other: inside one platform, comparison cell and day. */
export interface Stratum {
  readonly platform: string;
  readonly cell: string;
  readonly day: string;
}

/** One arm's counts, by stratum; 0 where it was not shown. */
export interface ArmColumn {
  readonly exposures: Float64Array;
  readonly conversions: Float64Array;
  /** Of a mean: the sum of the squares of what `conversions` sums. */
  readonly squares: Float64Array;
}

export interface StratumTable {
  readonly strata: readonly Stratum[];
  readonly columns: ReadonlyMap<string, ArmColumn>;
}

/** The strata of one platform and comparison cell, over its days in order. */
export interface StratumGroup {
  readonly platform: string;
  readonly cell: string;
  readonly strata: readonly number[];
}

export interface Counts {
  readonly exposures: number;
  readonly conversions: number;
  readonly squares: number;
}

/** Cells without fault, as columns that arms can be compared by; the strata by day, then in the order they came. */
export function tabulate(cells: readonly Cell[], arms: readonly Arm[]): StratumTable {
  const places = new Map<string, number>();
  const found: Stratum[] = [];
  const placeOfCell = cells.map(({ platform, cell, day }) => {
    const key = `${platform}${SEPARATOR}${cell}${SEPARATOR}${day}`;
    const place = places.get(key) ?? found.push({ platform, cell, day }) - 1;
    places.set(key, place);
    return place;
  });
  const order = found
    .map((stratum, place) => ({ stratum, place }))
    .sort((one, other) =>
      one.stratum.day < other.stratum.day ? -1 : one.stratum.day > other.stratum.day ? 1 : 0,
    );
  const indexes = new Int32Array(found.length);
  order.forEach(({ place }, index) => {
    indexes[place] = index;
  });
  const columns = new Map(arms.map(({ id }) => [id, emptyColumn(found.length)]));
  cells.forEach(({ armId, exposures, conversions, sumOfSquares = 0 }, i) => {
    const column = columns.get(armId);
    const index = indexes[placeOfCell[i] ?? -1];
    if (column === undefined || index === undefined) return;
    column.exposures[index] = entry(column.exposures, index) + exposures;
    column.conversions[index] = entry(column.conversions, index) + conversions;
    column.squares[index] = entry(column.squares, index) + sumOfSquares;
  });
  return { strata: order.map(({ stratum }) => stratum), columns };
}

export function columnOf({ columns, strata }: StratumTable, armId: string): ArmColumn {
  return columns.get(armId) ?? emptyColumn(strata.length);
}

/** In the order of their first day. */
export function groupsOf({ strata }: StratumTable): readonly StratumGroup[] {
  const groups = new Map<string, { platform: string; cell: string; strata: number[] }>();
  strata.forEach(({ platform, cell }, index) => {
    const key = `${platform}${SEPARATOR}${cell}`;
    const group = groups.get(key) ?? { platform, cell, strata: [] };
    groups.set(key, group);
    group.strata.push(index);
  });
  return [...groups.values()];
}

/** All strata of some groups. */
export function strataOf(groups: readonly StratumGroup[]): readonly number[] {
  return groups.flatMap(({ strata }) => strata);
}

export function sumOver(column: ArmColumn, strata: readonly number[]): Counts {
  let exposures = 0;
  let conversions = 0;
  let squares = 0;
  for (const s of strata) {
    exposures += entry(column.exposures, s);
    conversions += entry(column.conversions, s);
    squares += entry(column.squares, s);
  }
  return { exposures, conversions, squares };
}

/** Those of the strata in which the arm was shown. */
export function shownIn(column: ArmColumn, strata: readonly number[]): readonly number[] {
  return strata.filter((s) => entry(column.exposures, s) > 0);
}

function emptyColumn(length: number): ArmColumn {
  return {
    exposures: new Float64Array(length),
    conversions: new Float64Array(length),
    squares: new Float64Array(length),
  };
}
